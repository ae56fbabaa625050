"""The rows in which two families disagree most, picked after all of them were seen."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seqarena.attribution.comparison.compared_rows import ComparedRows

N_SHOWN = 16

PICKED_AFTERWARDS = (
    "Picked after the fact: the largest of all rows. They show what a disagreement looks like, and "
    "say nothing about how often there is one."
)
"""Stands wherever they are shown."""


@dataclass(frozen=True)
class Disagreement:
    """One output of one probe."""

    probe: int
    output: int
    between: float
    """Mean divergence across the families [bits]."""
    excess: float
    """What of it is above both noise bands [bits]; NaN where a family has a single seed."""


def largest_disagreements(
    probes: Sequence[ComparedRows], n_shown: int = N_SHOWN
) -> tuple[Disagreement, ...]:
    """Return the rows that are farthest above the noise of the seeds, the farthest first.

    Where seeds give no band, the farthest apart. Rows in which a family looks nowhere are missing.
    """
    found = [
        Disagreement(place, output, float(rows.between[output]), float(rows.excess[output]))
        for place, rows in enumerate(probes)
        for output in np.flatnonzero(rows.between > 0).tolist()
    ]
    return tuple(sorted(found, key=_order)[:n_shown])


def _order(one: Disagreement) -> tuple[float, int, int]:
    return -(one.between if np.isnan(one.excess) else one.excess), one.probe, one.output
