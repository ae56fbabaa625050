"""Systems on the same examples: how far apart are they, and would they be so again?"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import numpy as np

from seqarena.errors import DataError
from seqarena.seeds import numpy_generator
from seqarena.significance.components import error_parts
from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.impossible import infinite_difference
from seqarena.significance.jackknife import pseudo_values
from seqarena.significance.over_seeds import superiority
from seqarena.significance.resampling import redrawn_scores, swapped_p_values
from seqarena.significance.seeds import one_seed
from seqarena.significance.statistics import ExampleStatistics, alike
from seqarena.significance.student import estimate_of_parts

Names = tuple[str, str]


def compare_examples(
    one: ExampleStatistics,
    other: ExampleStatistics,
    *,
    n_draws: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
    names: Names = ("one", "other"),
) -> Difference:
    """Return how far `one` is better than `other` on the same examples; see `compare_all`."""
    systems = {names[0]: one, names[1]: other}
    return compare_all(systems, n_draws=n_draws, seed=seed, confidence=confidence)[names]


def compare_all(
    systems: Mapping[str, ExampleStatistics],
    *,
    n_draws: int = 10_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> dict[Names, Difference]:
    """Return the difference of every two systems, the draws shared among all of them.

    Two questions, two nulls, and they are not the same:

    * `of_fits`: these very fits, on other examples. The interval is a percentile bootstrap over
      examples, paired (Koehn 2004); the p-value is of approximate randomisation. Its null: on each
      example it is a toss which of the two said what. It is rejected, rightly, where two seeds of
      one family differ: the fits are not the same.
    * `of_families`: other seeds and other examples. Interval and p-value are of Student's t with
      the variances over seeds (Welch 1947) and over examples, put together as Howe (1974) does.
      Its null: both families have one mean score over all seeds and examples. The p-value
      is never below that of the fits. A bootstrap that redraws the seeds too is not used: with few
      seeds its interval is far too narrow (`benchmarks/results/trust.md`).

    A family that does not depend on its seed adds no variance of seeds, if it has two of them.
    Scores are averaged over seeds, never pooled. O(draws · examples · statistics of all systems)
    time; blocks bound the memory.

    Raises:
        DataError: fewer than two systems, other examples, another metric, or a score that is NaN.
    """
    if len(systems) < 2:
        raise DataError(f"a comparison needs two systems; {len(systems)} came.")
    ordered = alike(systems)
    scores = {name: system.seed_scores() for name, system in ordered.items()}
    finite = {name: ordered[name] for name, own in scores.items() if np.isfinite(own).all()}
    compared = _Finite(finite, n_draws, seed, confidence) if len(finite) > 1 else None
    return {
        (one, other): compared.difference((one, other))
        if compared is not None and one in finite and other in finite
        else infinite_difference((one, other), (ordered[one], ordered[other]))
        for one, other in combinations(ordered, 2)
    }


class _Finite:
    """Systems whose scores are finite, with what all pairs of them share."""

    def __init__(
        self,
        systems: Mapping[str, ExampleStatistics],
        n_draws: int,
        seed: int,
        confidence: float,
    ) -> None:
        self.systems, self.n_draws, self.confidence = systems, n_draws, confidence
        every = list(systems.values())
        self.n_examples = every[0].n_examples
        self.pairs = list(combinations(range(len(every)), 2))
        self.places = {name: place for place, name in enumerate(systems)}
        if self.n_examples > 1:
            self.parts = [system.sign * pseudo_values(system) for system in every]
            rng = numpy_generator(seed, "significance", "redrawn")
            self.draws = every[0].sign * redrawn_scores(every, n_draws, rng)
            rng = numpy_generator(seed, "significance", "swapped")
            found = swapped_p_values(every, self.pairs, n_draws, rng)
            self.p_values = dict(zip(self.pairs, found.tolist(), strict=True))

    def difference(self, names: Names) -> Difference:
        """Return what is known of two of them."""
        one, other = (self.systems[name] for name in names)
        scores = one.seed_scores(), other.seed_scores()
        value = float(one.sign * (scores[0].mean() - scores[1].mean()))
        of_fits = self._of_fits(names, value)
        return Difference(
            names=names,
            scores=(tuple(scores[0].tolist()), tuple(scores[1].tolist())),
            value=value,
            of_families=self._of_families(names, value, of_fits),
            of_fits=of_fits,
            effect_size=self._effect_size(names),
            superiority=superiority(names, (one, other)),
            n_examples=self.n_examples,
            n_impossible=(0, 0),
        )

    def _of_fits(self, names: Names, value: float) -> Estimate | Unknown:
        if self.n_examples < 2:
            return _ONE_EXAMPLE
        one, other = (self.places[name] for name in names)
        draws = self.draws[one] - self.draws[other]
        draws = draws[~np.isnan(draws)]
        if draws.size < 2:
            return _UNDEFINED
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(draws, [tail, 1 - tail])
        return Estimate(
            value=value,
            low=float(low),
            high=float(high),
            p_value=self.p_values[one, other],
            standard_error=float(draws.std(ddof=1)),
            dof=None,
            confidence=self.confidence,
            method=(
                f"paired bootstrap and approximate randomisation over {self.n_examples:,} "
                f"examples, {self.n_draws:,} draws each"
            ),
        )

    def _of_families(
        self, names: Names, value: float, of_fits: Estimate | Unknown
    ) -> Estimate | Unknown:
        one, other = (self.systems[name] for name in names)
        if isinstance(of_fits, Unknown):
            return of_fits
        if min(one.n_seeds, other.n_seeds) < 2:
            return one_seed(one.n_seeds, other.n_seeds, names)
        parts = self._parts(names)
        if not (np.isfinite(parts[0]).all() and np.isfinite(parts[1]).all()):
            return _UNDEFINED
        error = error_parts((one.seed_scores(), other.seed_scores()), parts)
        found = estimate_of_parts(
            value,
            error.parts,
            confidence=self.confidence,
            method=(
                f"Student t over {one.n_seeds} and {other.n_seeds} seeds and "
                f"{self.n_examples:,} examples, put together as Howe does"
            ),
        )
        return replace(found, p_value=max(found.p_value, of_fits.p_value))

    def _effect_size(self, names: Names) -> float | Unknown:
        if self.n_examples < 2:
            return _ONE_EXAMPLE
        one, other = self._parts(names)
        gaps = one.mean(axis=0) - other.mean(axis=0)
        if not np.isfinite(gaps).all():
            return _UNDEFINED
        if np.ptp(gaps) == 0:
            return 0.0 if gaps[0] == 0 else _NO_SPREAD
        return float(gaps.mean() / gaps.std(ddof=1))

    def _parts(self, names: Names) -> tuple[np.ndarray, np.ndarray]:
        one, other = (self.parts[self.places[name]] for name in names)
        return one, other


_ONE_EXAMPLE = Unknown(
    "one example", "There is one example: how far scores move with the examples is not known."
)
_UNDEFINED = Unknown(
    "undefined",
    "Without some of its examples the score is not defined: too few of them carry it, so how far "
    "it moves with the examples is not known.",
)
_NO_SPREAD = Unknown(
    "no spread", "Every example differs by the same: a standardised difference is not defined."
)
