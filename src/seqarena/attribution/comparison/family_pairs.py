"""Every two families of a task, and what their seeds allow to be said about them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np

from seqarena.attribution.comparison.family_maps import FamilyMaps, refuse_other_questions
from seqarena.attribution.comparison.gap import Gap, family_gap
from seqarena.attribution.comparison.run_distances import RunDistances, run_distances
from seqarena.significance.corrections import holm

LEVEL = 0.05
"""Chance of calling any two families of a task different that are not."""

Verdict = Literal["different", "no difference", "too few seeds", "one seed", "no rows"]


@dataclass(frozen=True)
class FamilyPair:
    """Two families, how far apart they look, and whether that is more than seeds do."""

    one: str
    other: str
    gap: Gap
    corrected: float
    """The p-value after Holm's correction over the pairs of the task; NaN: nothing was tested."""
    n_tests: int
    """Pairs of the task that were tested."""

    @property
    def verdict(self) -> Verdict:
        """What can be said."""
        gap = self.gap
        if math.isnan(gap.between):
            return "no rows"
        if math.isnan(gap.difference):
            return "one seed"
        if gap.difference == 0:
            return "no difference"
        if is_fixed(gap) or self.corrected <= LEVEL:
            return "different"
        return "too few seeds" if gap.least_p_value * self.n_tests > LEVEL else "no difference"

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        gap = self.gap
        match self.verdict:
            case "no rows":
                return "There is no row in which both look anywhere, hence no distance."
            case "one seed":
                return (
                    "One of them has a single seed: how far its maps move with the seed is not "
                    "known, so nothing can be said."
                )
            case "too few seeds":
                return f"{self._beside_noise} {self._too_few}"
            case "different" if is_fixed(gap):
                return "They look in different places, and neither depends on the seed."
            case "different":
                return f"They look in different places (p = {self.corrected:.2g} after Holm)."
            case "no difference" if gap.difference == 0:
                return "No difference at all: they are as far apart as two seeds of one of them."
            case "no difference":
                return f"No difference was found (p = {self.corrected:.2g} after Holm)."

    @property
    def _beside_noise(self) -> str:
        if self.gap.is_apart:
            return "Every two fits across are farther apart than any two seeds of one of them."
        return "Some seeds of one of them are as far apart as fits across."

    @property
    def _too_few(self) -> str:
        of = "" if self.n_tests == 1 else f", and {self.n_tests} pairs were tested"
        return f"No p-value of so few fits is below {self.gap.least_p_value:.2g}{of}: no verdict."


@dataclass(frozen=True)
class FamilyComparison:
    """All families that have influence on the probes of a task."""

    families: tuple[FamilyMaps, ...]
    distances: RunDistances
    """Between all runs, family after family."""
    pairs: tuple[FamilyPair, ...]

    @property
    def note(self) -> str:
        """Say what the number of seeds does not allow; empty where it allows a verdict."""
        short = [pair for pair in self.pairs if pair.verdict == "too few seeds"]
        if not short:
            return ""
        least = max(pair.gap.least_p_value for pair in short)
        return (
            f"Too few seeds: before correction no p of so few fits is below {least:.2g}, and "
            f"{short[0].n_tests} {'pair was' if short[0].n_tests == 1 else 'pairs were'} tested; "
            "fit more seeds, or compare fewer families (`seqarena compare-maps`)."
        )

    def seed_noise(self, family: int) -> float:
        """Return the mean row divergence of two seeds of a family [bits]; NaN: a single seed."""
        members = members_of(self.families)[family]
        known = self.distances.means[np.ix_(members, members)]
        known = known[~np.isnan(known)]
        return float(known.mean()) if known.size else math.nan


def compare_families(families: Sequence[FamilyMaps], seed: int = 0) -> FamilyComparison:
    """Hold every two families against each other, on the same probes.

    Families without influence in bits (frames) are to be left out beforehand.

    Raises:
        DataError: two runs were asked about other examples, or with other replacements; or
            one has no influence in bits.
    """
    refuse_other_questions(families)
    runs = [run for family in families for run in family.runs]
    distances = run_distances([run.influence for run in runs], [run.fit for run in runs])
    members = members_of(families)
    gaps = {
        (one, other): family_gap(distances, members[one], members[other], seed)
        for one, other in combinations(range(len(families)), 2)
    }
    tested = [math.nan if is_fixed(gap) else gap.p_value for gap in gaps.values()]
    n_tests = sum(not math.isnan(value) for value in tested)
    pairs = tuple(
        FamilyPair(families[one].name, families[other].name, gap, corrected, n_tests)
        for ((one, other), gap), corrected in zip(gaps.items(), holm(tested), strict=True)
    )
    return FamilyComparison(tuple(families), distances, pairs)


def is_fixed(gap: Gap) -> bool:
    """Say whether neither family depends on its seed, so that there is no noise to test against."""
    return gap.within == (0.0, 0.0)


def members_of(families: Sequence[FamilyMaps]) -> list[np.ndarray]:
    """Return which runs are whose, when all are counted family after family."""
    ends = np.cumsum([family.n_seeds for family in families])
    return [
        np.arange(end - family.n_seeds, end) for family, end in zip(families, ends, strict=True)
    ]
