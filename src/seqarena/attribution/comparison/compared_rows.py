"""Two families row by row: how far apart they look, and how far apart their seeds do."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.oracle.row_scores import Map, Rows, effect_of, row_divergence


@dataclass(frozen=True)
class FamilyRows:
    """One probe, as the fits of one family see it."""

    effect: Map
    """Influence, mean over the seeds [bits]."""
    total: Rows
    """Sum of the row of `effect`: how much it looks at all [bits]."""
    noise: Rows
    """Mean divergence of the row between two seeds [bits]; NaN: a single seed, or no such row."""
    largest_noise: Rows
    """The largest of those: the upper end of the noise band [bits]."""


@dataclass(frozen=True)
class ComparedRows:
    """One probe, as both families see it."""

    between: Rows
    """Mean divergence of the row between a fit of the one and a fit of the other [bits]."""
    one: FamilyRows
    other: FamilyRows

    @property
    def excess(self) -> Rows:
        """`between` less the larger end of both noise bands [bits]; NaN where any is unknown."""
        noise = np.maximum(self.one.largest_noise, self.other.largest_noise)
        return np.asarray(self.between - noise)


def compare_rows(one: FamilyMaps, other: FamilyMaps) -> tuple[ComparedRows, ...]:
    """Return the rows of every probe.

    Raises:
        DataError: a map has no effect in bits, or two maps of one probe are of different sizes.
    """
    return tuple(
        _compared(_effects(one, probe), _effects(other, probe)) for probe in range(len(one.probes))
    )


def family_rows(effects: Sequence[Map]) -> FamilyRows:
    """Sum up what several fits of one family have to say about a probe."""
    effect = np.mean(effects, axis=0)
    pairs = [row_divergence(first, second) for first, second in combinations(effects, 2)]
    noise, largest = _over_pairs(pairs, len(effect))
    return FamilyRows(effect, effect.sum(axis=1), noise, largest)


def _compared(ours: Sequence[Map], theirs: Sequence[Map]) -> ComparedRows:
    pairs = [row_divergence(first, second) for first, second in product(ours, theirs)]
    between, _ = _over_pairs(pairs, len(ours[0]))
    return ComparedRows(between, family_rows(ours), family_rows(theirs))


def _effects(family: FamilyMaps, probe: int) -> list[Map]:
    return [effect_of(run.influence[probe]) for run in family.runs]


def _over_pairs(pairs: list[Rows], n_rows: int) -> tuple[Rows, Rows]:
    """Return mean and maximum of each row over the pairs that have it."""
    if not pairs:
        return np.full(n_rows, np.nan), np.full(n_rows, np.nan)
    stacked = np.stack(pairs)
    known = ~np.isnan(stacked)
    n = known.sum(axis=0)
    total = np.where(known, stacked, 0.0).sum(axis=0)
    mean = np.divide(total, n, where=n > 0, out=np.full(n_rows, np.nan))
    largest = np.where(known, stacked, -1.0).max(axis=0)
    return mean, np.where(n > 0, largest, np.nan)
