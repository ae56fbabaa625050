"""Student's t about a difference whose error is known."""

import numpy as np
from jaxtyping import Float
from scipy.special import stdtr, stdtrit

from seqarena.significance.estimate import Estimate


def student_estimate(
    value: float, variance: float, dof: float, *, confidence: float, method: str
) -> Estimate:
    """Return interval and two-sided p-value of a difference (Student 1908).

    Without any variance the interval has no width, and the p-value is 0, or 1 of no difference.
    """
    error = variance**0.5
    half = float(stdtrit(dof, 0.5 + confidence / 2)) * error
    p_value = 2 * float(stdtr(dof, -abs(value) / error)) if error else float(value == 0)
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        p_value=p_value,
        standard_error=error,
        dof=dof,
        confidence=confidence,
        method=method,
    )


def variance_of_mean(values: Float[np.ndarray, "_"]) -> float:
    """Return the variance of the values over their number; they are at least two."""
    # Equal values leave a rounding error in the mean, and so in the variance: take it as 0.
    return 0.0 if np.ptp(values) == 0 else float(values.var(ddof=1) / len(values))


def satterthwaite(parts: tuple[float, ...], sizes: tuple[int, ...]) -> float:
    """Return the degrees of freedom of a sum of variances, not all 0, of so many values each.

    Satterthwaite (1946); of two variances they are those of Welch (1947).
    """
    terms = [part**2 / (size - 1) for part, size in zip(parts, sizes, strict=True)]
    return float(sum(parts) ** 2 / sum(terms))
