"""Means over a whole split, at a memory that does not grow with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, Int

from seqarena.attention.maps import HasNativeMaps, MapKind, NativeMap
from seqarena.attribution.diagnostics.concentration import confidence, sink_excess, sink_mass
from seqarena.attribution.diagnostics.distance import mean_distance, mean_offset
from seqarena.attribution.diagnostics.distributions import distributions, looks
from seqarena.attribution.diagnostics.entropy import (
    effective_support,
    entropy,
    normalised_entropy,
)
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.influence.asking import asking
from seqarena.batch import Sequences, collate
from seqarena.data.batching import plan_evaluation

MOST_PAIRS, MOST_SEQUENCES = 2**21, 64
"""Pairs of steps, and sequences, of a batch at most."""

PerHead = Float[np.ndarray, "head"]


@dataclass(frozen=True)
class RowSums:
    """Sums of each metric over rows, for each head of one layer; sums add."""

    n: PerHead
    """Rows that look anywhere."""
    kind: MapKind
    totals: Mapping[str, PerHead] = field(default_factory=dict)
    squares: Mapping[str, PerHead] = field(default_factory=dict)

    def __add__(self, other: "RowSums") -> "RowSums":
        return RowSums(
            self.n + other.n,
            self.kind,
            {metric: total + other.totals[metric] for metric, total in self.totals.items()},
            {metric: total + other.squares[metric] for metric, total in self.squares.items()},
        )

    def mean(self, metric: str) -> PerHead:
        """Return the mean over rows; 0 of no row."""
        return np.asarray(self.totals[metric] / np.maximum(self.n, 1.0))

    def deviation(self, metric: str) -> PerHead:
        """Return the standard deviation over rows."""
        spread = self.squares[metric] / np.maximum(self.n, 1.0) - self.mean(metric) ** 2
        return np.asarray(np.sqrt(np.maximum(spread, 0.0)))


def stream_rows(model: HasNativeMaps, sequences: Sequences) -> dict[str, RowSums]:
    """Return the sums of every map of a model, by the map's name.

    Batches are of like lengths and no larger than memory allows; no map outlives its batch.

    Raises:
        ArtifactError: the model is in training mode.
        DataError: a map holds a value that is no share.
    """
    longest = int(sequences.lengths.max())
    batch_size = max(1, min(MOST_SEQUENCES, MOST_PAIRS // longest**2))
    sums: dict[str, RowSums] = {}
    with asking(model):
        for rows in plan_evaluation(sequences.lengths, batch_size):
            for one in model.native_maps(collate(sequences, rows)):
                own = row_sums(one)
                sums[one.name] = sums[one.name] + own if one.name in sums else own
    return sums


def row_sums(one: NativeMap) -> RowSums:
    """Return the sums of one batch; distances and sinks where rows and columns are both steps."""
    rows = distributions(one.values.float().cpu().numpy(), one.name)
    looking = looks(rows)
    bits, n_valid = entropy(rows), _n_valid(one)
    metrics = {
        "entropy": bits,
        "effective_support": effective_support(bits),
        "normalised_entropy": normalised_entropy(bits, n_valid),
        "confidence": confidence(rows),
    }
    if one.kind == "weights" and one.name.endswith("self"):
        places = np.arange(rows.shape[2])
        metrics["distance"] = mean_distance(rows, places)
        metrics["offset"] = mean_offset(rows, places)
        metrics["sink_mass"] = sink_mass(rows)
        metrics["sink_excess"] = sink_excess(rows, n_valid)
    kept = {metric: np.where(looking, values, 0.0) for metric, values in metrics.items()}
    return RowSums(
        looking.sum(axis=(0, 2)).astype(np.float64),
        one.kind,
        {metric: values.sum(axis=(0, 2)) for metric, values in kept.items()},
        {metric: (values**2).sum(axis=(0, 2)) for metric, values in kept.items()},
    )


def streamed_measures(sums: Mapping[str, RowSums]) -> list[Measures]:
    """Return the means as measures of all examples of the validation split together."""
    return [
        Subject(name, split="valid").of_heads(metric, own.mean(metric), own.n)
        for name, own in sums.items()
        for metric in own.totals
    ]


def _n_valid(one: NativeMap) -> Int[np.ndarray, "batch 1 row"]:
    """Return how many columns each row may look at: t of row t where no map begins at row 0."""
    n_rows = one.row_mask.shape[1]
    if not one.row_mask[:, 0].any():
        return np.broadcast_to(np.arange(n_rows), (len(one.row_mask), 1, n_rows))
    n_columns = one.column_mask.sum(dim=1).cpu().numpy()
    return np.broadcast_to(n_columns[:, None, None], (len(n_columns), 1, n_rows))
