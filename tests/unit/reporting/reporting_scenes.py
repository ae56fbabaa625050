"""Cells that the tests of this folder share."""

import io

import numpy as np
from matplotlib.image import imsave

from seqarena.data.manifest import BestPossible
from seqarena.metrics.reliability import ReliabilityBin
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.details import Curve, Details, Reliability, SliceScore
from seqarena.reporting.report import whole_report, write_report
from seqarena.schema import DataSchema
from seqarena.significance.calibration import CalibrationBand

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


def written(folder, tasks, found, **facts):
    """The files of a written report, by their names."""
    files = write_report(folder, whole_report(tasks, found, facts))
    return {str(path.relative_to(folder)): path for path in files}


def detailed(**fields):
    """Two fits' curves, a reliability and slices, of which any may be others."""
    bins = (ReliabilityBin(0.45, 0.5, 20, 0.3, 0.6), ReliabilityBin(0.95, 0.7, 30, 0.9, 1.0))
    own = {
        "curves": (
            Curve(0, (1, 2, 3), (0.5, 1.0, 1.5), (2.0, 1.5, 1.25)),
            Curve(1, (1, 2), (0.4, 0.8), (2.1, 1.6)),
        ),
        "reliability": Reliability(
            0, bins, CalibrationBand(0.17, 0.03, 0.01, 0.05, 0.01, 50, 0.95)
        ),
        "slices": (
            SliceScore("length", "10–20", 10.0, 20.0, 25, (0.5, 0.75)),
            SliceScore("length", "21–30", 21.0, 30.0, 25, (0.25, 0.5)),
        ),
    }
    return Details(**{**own, **fields})
