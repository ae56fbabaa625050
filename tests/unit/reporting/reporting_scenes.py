"""Cells that the tests of this folder share."""

import io

import numpy as np
from matplotlib.image import imsave

from seqarena.data.manifest import BestPossible
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.schema import DataSchema

BITS = TaskFacts(
    "source",
    DataSchema("density"),
    "A source.",
    n_test=50,
    best_possible=BestPossible(1.5, "bits", 0.0, 1.5, 1.5, "closed form"),
)
LABELS = TaskFacts("digits", DataSchema("classification"))


def cell(name, values, task=BITS, family="lstm", **fields):
    """One experiment with one headline value per seed."""
    seeds = tuple(
        SeedResult(seed, {task.metric.name: value}, 1234, 2.0 + seed, 1.5, 3e9)
        for seed, value in enumerate(values)
    )
    return Cell(
        **{"engine": "seqarena", "mechanism": "none", **fields},
        experiment=f"{task.name}-{name}",
        task=task.name,
        family=family,
        seeds=seeds,
    )


def white_png() -> bytes:
    """A small white picture."""
    buffer = io.BytesIO()
    imsave(buffer, np.ones((10, 20, 3)), format="png")
    return buffer.getvalue()
