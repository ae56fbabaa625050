"""What the seeds alone say: how far a mean over them may be trusted, and a difference of two."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from seqarena.errors import DataError
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.student import satterthwaite, student_estimate, variance_of_mean

Values = Sequence[float] | Sequence[int]
"""Of each seed one."""


@dataclass(frozen=True)
class Interval:
    """A mean, and the range in which the mean over infinitely many seeds is expected to lie."""

    mean: float
    low: float | None
    """Lower end; None when one value alone gives no idea of the spread."""
    high: float | None
    n: int
    """Values that were averaged."""
    confidence: float = 0.95

    @property
    def half_width(self) -> float | None:
        """Distance from the mean to either end; None when there is no interval."""
        return None if self.high is None else self.high - self.mean

    def overlaps(self, other: "Interval") -> bool | None:
        """Say whether the two ranges share a point; None when either has no range."""
        if self.low is None or self.high is None or other.low is None or other.high is None:
            return None
        return self.low <= other.high and other.low <= self.high

    def describe(self) -> str:
        """Say in words what the interval is, or why there is none."""
        if self.low is None:
            return "one seed: no interval"
        return f"{self.confidence:.0%} Student t interval over {self.n} seeds"


def t_interval(values: Sequence[float], confidence: float = 0.95) -> Interval:
    """Return the mean of `values` with its Student t interval (Student 1908).

    Student's t, and not a bootstrap: with three seeds a nominal 95 % bootstrap interval of the mean
    covers it far less often than that. The interval speaks of the seeds alone, never of the test
    examples, which are the same for every seed. Values that are all equal give a width of 0.

    Raises:
        DataError: no value, or one that is not finite.
    """
    array = _finite(values)
    n = int(array.size)
    mean = float(array.mean())
    if n == 1:
        return Interval(mean, None, None, n, confidence)
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * variance_of_mean(array) ** 0.5
    return Interval(mean, mean - half, mean + half, n, confidence)


def welch_difference(
    one: Values,
    other: Values,
    *,
    higher_is_better: bool,
    confidence: float = 0.95,
) -> Estimate | Unknown:
    """Return the difference of two means over seeds (Welch 1947), positive where `one` is better.

    The null: on these test examples both families have the same mean over all seeds. Their spreads
    may differ, and seeds of the same number have nothing to do with each other. It speaks of no
    other examples: `compare_examples` does.

    Raises:
        DataError: no value, or one that is not finite.
    """
    first, second = (_finite(values) for values in (one, other))
    if min(first.size, second.size) < 2:
        return one_seed(first.size, second.size)
    if np.ptp(first) == 0 and np.ptp(second) == 0:
        return Unknown("no spread", "Neither moves with the seed: there is no noise to test with.")
    variances = variance_of_mean(first), variance_of_mean(second)
    return student_estimate(
        _gain(first.mean() - second.mean(), higher_is_better),
        sum(variances),
        satterthwaite(variances, (first.size, second.size)),
        confidence=confidence,
        method=f"Welch's t over {first.size} and {second.size} seeds",
    )


def paired_difference(
    one: Values,
    other: Values,
    *,
    higher_is_better: bool,
    confidence: float = 0.95,
) -> Estimate | Unknown:
    """Return the mean difference of pairs of seeds (Student 1908), positive where `one` is better.

    Only for values that belong together in pairs: the same split, the same order of the data, the
    same fold. A seed's number alone makes no pair. The null: the mean difference over all such
    pairs is 0.

    Raises:
        DataError: numbers of values differ, there is none, or one is not finite.
    """
    first, second = (_finite(values) for values in (one, other))
    if first.size != second.size:
        raise DataError(
            f"{first.size} and {second.size} values make no pairs; hand over one value of each "
            "for every pair, or use welch_difference."
        )
    if first.size < 2:
        return one_seed(first.size, second.size)
    gains = first - second
    if np.ptp(gains) == 0:
        return Unknown("no spread", "Every pair differs by the same: no noise to test against.")
    return student_estimate(
        _gain(gains.mean(), higher_is_better),
        variance_of_mean(gains),
        float(first.size - 1),
        confidence=confidence,
        method=f"paired t over {first.size} pairs",
    )


def one_seed(n_one: int, n_other: int, names: tuple[str, str] = ("one", "the other")) -> Unknown:
    """Return the reason why fewer than two seeds say nothing of a family."""
    short = [name for name, n in zip(names, (n_one, n_other), strict=True) if n < 2]
    return Unknown(
        "one seed",
        f"There is one seed of {' and of '.join(short)}: how far the score moves with the seed is "
        "not known, so nothing is said of other fits; at least two seeds of each are needed.",
    )


def _gain(difference: float, higher_is_better: bool) -> float:
    return float(difference if higher_is_better else -difference)


def _finite(values: Values) -> np.ndarray:
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise DataError("no value to average; at least one finished seed is needed.")
    if not np.isfinite(array).all():
        raise DataError(f"cannot average {list(values)}; every value must be finite.")
    return array
