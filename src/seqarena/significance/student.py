"""Student's t about a difference whose error is estimated, whole or in parts."""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float
from scipy.optimize import brentq
from scipy.special import stdtr, stdtrit

from seqarena.significance.estimate import Estimate

_SMALLEST_TAIL = 1e-100
"""The square of a quantile at it is a number still."""


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


def estimate_of_parts(
    value: float, parts: Sequence[tuple[float, float]], *, confidence: float, method: str
) -> Estimate:
    """Return interval and two-sided p-value of a difference whose variance is a sum of parts.

    The half-width is the root of the summed squares of the half-widths that each part alone would
    give with its own Student's t (Howe 1974), and the p-value belongs to the interval that just
    reaches 0. Satterthwaite's degrees of freedom are themselves an estimate: where a part on few of
    them, such as that of three seeds, happens to come out small beside one on many, they are taken
    for many, and the interval is too narrow. Here no part is trusted beyond its own.

    Args:
        value: the difference.
        parts: variance and degrees of freedom of each; at least one.
        confidence: of the interval.
        method: how the parts were found, in words.
    """
    counted = [(variance, dof) for variance, dof in parts if variance > 0]
    if len(counted) < 2:
        variance, dof = counted[0] if counted else (0.0, max(dof for _, dof in parts))
        return student_estimate(value, variance, dof, confidence=confidence, method=method)
    variances, dofs = np.array(counted).T
    error = math.sqrt(float(variances.sum()))
    shares = variances / variances.sum()

    def half_width(tail: float) -> float:
        return error * math.sqrt(float(shares @ stdtrit(dofs, tail) ** 2))

    half = half_width((1 - confidence) / 2)
    return Estimate(
        value=value,
        low=value - half,
        high=value + half,
        p_value=_where_reached(half_width, abs(value)),
        standard_error=error,
        dof=_where_as_wide(half / error, (1 + confidence) / 2, dofs),
        confidence=confidence,
        method=method,
    )


def _where_reached(half_width: Callable[[float], float], distance: float) -> float:
    """Return twice the tail at which the interval reaches so far."""
    if distance == 0:
        return 1.0
    if half_width(_SMALLEST_TAIL) <= distance:
        return 0.0
    log_tail = brentq(
        lambda log: half_width(float(np.exp(log))) - distance,
        np.log(_SMALLEST_TAIL),
        np.log(0.5),
    )
    return 2 * float(np.exp(log_tail))


def _where_as_wide(quantile: float, level: float, dofs: Float[np.ndarray, "_"]) -> float:
    """Return the degrees of freedom of the one Student's t whose quantile at the level this is."""
    low, high = float(dofs.min()), float(dofs.max())
    # Beside a part that is all but everything the quantile is its own, and rounding may put it
    # just outside of both.
    if low == high or quantile >= float(stdtrit(low, level)):
        return low
    if quantile <= float(stdtrit(high, level)):
        return high
    return float(brentq(lambda dof: float(stdtrit(dof, level)) - quantile, low, high))


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
