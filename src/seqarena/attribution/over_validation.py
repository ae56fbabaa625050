"""What the maps of a model are like over the validation split, of which probes show a handful."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.diagnostics.streaming import RowSums, stream_rows, streamed_measures
from seqarena.attribution.diagnostics.summary import summary_of
from seqarena.attribution.diagnostics.table import table_of
from seqarena.attribution.probe_set import LONGEST_PROBE, first_steps
from seqarena.attribution.viewer.viewed import TableRow, ViewedTable
from seqarena.batch import Sequences
from seqarena.data.part import Part

PREFIX = "attn/valid"
SHOWN = {
    "entropy": "entropy [bits]",
    "normalised_entropy": "of the most possible",
    "confidence": "largest weight",
    "distance": "distance [steps]",
    "sink_mass": "on the first step",
}
"""Metrics that the summary has and pages show, and what they call them."""


@dataclass(frozen=True)
class ValidationSample:
    """The examples of the validation split over which maps are averaged; the same for all runs."""

    sequences: Sequences
    n_all: int
    """Examples of the whole split."""

    @classmethod
    def of(cls, valid: Part, most_steps: int) -> "ValidationSample | None":
        """Take the whole split, or as many examples, evenly spread, as have so many steps in all.

        Of an example that is longer than probes may be, its beginning. None: not one has room.
        """
        part = first_steps(Part(valid.sequences), LONGEST_PROBE)
        lengths = part.sequences.lengths
        n = max(int(len(lengths) * min(1.0, most_steps / lengths.sum())), 1)
        rows = ((np.arange(n) + 0.5) / n * len(lengths)).astype(np.int64)
        rows = rows[np.cumsum(lengths[rows]) <= most_steps]
        return cls(part.sequences.select(rows), len(lengths)) if len(rows) else None

    @property
    def is_whole(self) -> bool:
        """Whether no example was left out."""
        return len(self.sequences) == self.n_all


@dataclass(frozen=True)
class OverValidation:
    """What was found."""

    table: pa.Table
    """Rows of the table of diagnostics, `split` being "valid"."""
    summary: Mapping[str, float] = field(default_factory=dict)
    """`attn/valid/...`"""
    shown: tuple[ViewedTable, ...] = ()
    """For the page; empty: the model has no maps."""
    cost: Mapping[str, Any] = field(default_factory=dict)
    """Examples, steps and seconds, JSON-ready."""


def over_validation(
    model: object, sample: ValidationSample | None, code_version: str = ""
) -> OverValidation:
    """Average the rows of every map of a model over the sample, at constant memory.

    It takes one forward pass that makes its weights explicitly, without gradients.

    Args:
        model: in evaluation mode; one without maps has no numbers.
        sample: whom it is asked about; None: nobody.
        code_version: of the program, for the table.

    Raises:
        ArtifactError: the model is in training mode.
        DataError: a map holds a value that is no share.
    """
    if sample is None or not isinstance(model, HasNativeMaps):
        return OverValidation(table_of([], code_version))
    began = time.perf_counter()
    sums = stream_rows(model, sample.sequences)
    seconds = round(time.perf_counter() - began, 4)
    measures = streamed_measures(sums)
    weights = [name for name, own in sums.items() if own.kind == "weights"]
    return OverValidation(
        table_of(measures, code_version),
        summary_of(
            [one for one in measures if one.metric in SHOWN], weights, PREFIX, by_layer=False
        ),
        (_shown(sums, sample),) if sums else (),
        {
            "examples": len(sample.sequences),
            "steps": int(sample.sequences.lengths.sum()),
            "seconds": seconds,
        },
    )


def _shown(sums: Mapping[str, RowSums], sample: ValidationSample) -> ViewedTable:
    """Set the means over rows, and their deviations, beside each other: a line for each head."""
    head = ["map", "head", "rows"]
    for title in SHOWN.values():
        head += [title, "±"]
    rows = tuple(
        _row(name, own, int(number))
        for name, own in sums.items()
        for number in np.flatnonzero(own.n)
    )
    which = "All" if sample.is_whole else f"{len(sample.sequences)} of"
    note = (
        f"{which} {sample.n_all} examples of the validation split. Means over the rows that look "
        "anywhere, and their standard deviation."
    )
    return ViewedTable("Over the validation split", tuple(head), rows, note)


def _row(name: str, own: RowSums, number: int) -> TableRow:
    found: list[str | int | float] = [name, number + 1, int(own.n[number])]
    for metric in SHOWN:
        known = metric in own.totals
        found.append(float(own.mean(metric)[number]) if known else np.nan)
        found.append(float(own.deviation(metric)[number]) if known else np.nan)
    return tuple(found)
