"""How far a mean over seeds may be trusted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from seqarena.errors import DataError


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
    array = np.asarray(values, dtype=np.float64)
    if array.size == 0:
        raise DataError("no value to average; at least one finished seed is needed.")
    if not np.isfinite(array).all():
        raise DataError(f"cannot average {list(values)}; every value must be finite.")
    n = int(array.size)
    mean = float(array.mean())
    if n == 1:
        return Interval(mean, None, None, n, confidence)
    # Equal values leave a rounding error in the mean, and so in the deviation: take it as 0.
    spread = 0.0 if np.ptp(array) == 0 else float(array.std(ddof=1))
    half = float(stdtrit(n - 1, 0.5 + confidence / 2)) * spread / n**0.5
    return Interval(mean, mean - half, mean + half, n, confidence)
