"""Values of one metric on one map, before they stand in a table."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.diagnostics.metrics import UNITS

ALL = -1
"""In place of the number of a head or of a row: all of them together."""
MeasuredSplit = Literal["test", "valid"]


@dataclass(frozen=True)
class Measures:
    """One value for each head and row, or for all of them together."""

    metric: str
    layer: str
    """Name of the map; of the ranking, where steps were erased; empty for the model as a whole."""
    example: str | None
    """None: all probes together."""
    values: Float[np.ndarray, "head row"]
    n: Float[np.ndarray, "head row"]
    """What each value is a mean over; where it is 0 there is no value."""
    first_head: int = 0
    """ALL: the one head stands for all."""
    first_row: int = ALL
    """Step of the first row; ALL: the one row stands for all."""
    split: MeasuredSplit = "test"
    """Which examples: the probes, which are of the test split, or those of the validation split."""

    @property
    def unit(self) -> str:
        """What the values are counted in."""
        return UNITS[self.metric]

    @property
    def exists(self) -> Bool[np.ndarray, "head row"]:
        """Where there is a value: a mean over something, and finite.

        What an impossible output gains or loses is infinite, and no mean could hold it.
        """
        return np.asarray((self.n > 0) & np.isfinite(self.values))


@dataclass(frozen=True)
class Subject:
    """What a measure is about."""

    layer: str
    example: str | None = None
    split: MeasuredSplit = "test"

    def of_heads(
        self, metric: str, values: Float[np.ndarray, "head"], n: Float[np.ndarray, "head"] | float
    ) -> Measures:
        """Return one value for each head."""
        counts = np.broadcast_to(np.asarray(n, dtype=np.float64), values.shape)
        where = (self.layer, self.example)
        return Measures(metric, *where, values[:, None], counts[:, None], split=self.split)

    def of_all(self, metric: str, value: float, n: float = 1.0) -> Measures:
        """Return one value for everything together."""
        values, counts = np.array([[value]], dtype=np.float64), np.array([[n]], dtype=np.float64)
        where = (self.layer, self.example)
        return Measures(metric, *where, values, counts, first_head=ALL, split=self.split)

    def of_rows(
        self,
        metric: str,
        values: Float[np.ndarray, "head row"],
        n: Float[np.ndarray, "head row"],
        first_row: int,
    ) -> Measures:
        """Return one value for each row of each head."""
        where = (self.layer, self.example)
        return Measures(metric, *where, values, n, first_row=first_row, split=self.split)


def pooled_means(measures: Iterable[Measures]) -> dict[tuple[str, str], float]:
    """Return the mean of each layer's metric over examples and heads, each of which counts once.

    Single rows are left out: their means are there already.
    """
    totals: dict[tuple[str, str], list[float]] = {}
    for one in measures:
        if one.first_row != ALL:
            continue
        exists = one.exists
        total = totals.setdefault((one.layer, one.metric), [0.0, 0.0])
        total[0] += float(one.values[exists].sum())
        total[1] += int(exists.sum())
    return {key: total / n for key, (total, n) in totals.items() if n}
