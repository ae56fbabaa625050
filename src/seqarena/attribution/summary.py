"""A few numbers about all maps of a run: for MLflow, and for the table below the maps."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add

import numpy as np

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.row_scores import score_rows
from seqarena.attribution.viewer.viewed import ViewedTable

PREFIX = "attn"
Maps = Sequence[InfluenceMap | None]


def oracle_summary(ours: Maps, oracle: Maps) -> dict[str, float]:
    """Return how far influence is from that of the true process, the mean over rows that tell.

    `attn/oracle/divergence` of rows made to sum to 1 [bits], `.../total` of a row of ours and
    `.../true_total` of the truth [bits], and `.../outside`, the share on steps at which the true
    process does not look. Empty where either is unknown.
    """
    pairs = [
        (one, true)
        for one, true in zip(ours, oracle, strict=False)
        if one is not None and true is not None and one.effect is not None
    ]
    if not pairs:
        return {}
    means = reduce(add, [score_rows(one, true) for one, true in pairs]).means()
    names = ("divergence", "total", "true_total", "outside")
    found = {f"{PREFIX}/oracle/{name}": means[name].mean for name in names}
    return {name: float(mean) for name, mean in found.items() if np.isfinite(mean)}


def summary_tables(summary: Mapping[str, float]) -> tuple[ViewedTable, ...]:
    """Return the numbers as a table of the page; none where there are none."""
    if not summary:
        return ()
    rows = tuple((name.removeprefix(f"{PREFIX}/"), value) for name, value in summary.items())
    return (ViewedTable("Numbers about these maps", ("number", "value"), rows),)
