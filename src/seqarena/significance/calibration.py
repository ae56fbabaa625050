"""What the expected calibration error of a perfectly calibrated model would be."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from seqarena.errors import DataError
from seqarena.seeds import numpy_generator

_BLOCK = 2**21
"""Draws in memory at a time."""


@dataclass(frozen=True)
class CalibrationBand:
    """A calibration error beside those that chance alone gives a model without any."""

    error: float
    """Expected calibration error that was found (share)."""
    null_mean: float
    """Mean of those of a perfectly calibrated model with these confidences."""
    null_low: float
    """Ends of the band in which `confidence` of them lie."""
    null_high: float
    p_value: float
    """Chance that a perfectly calibrated model shows as much: (1 + as large) / (1 + draws)."""
    n_examples: int
    confidence: float

    @property
    def excess(self) -> float:
        """What is left of the error after that of chance; below 0 where there is less."""
        return self.error - self.null_mean


def calibration_band(
    confidences: Float[np.ndarray, "example"],
    is_right: Bool[np.ndarray, "example"],
    *,
    n_bins: int = 15,
    n_draws: int = 1_000,
    seed: int = 0,
    confidence: float = 0.95,
) -> CalibrationBand:
    """Return the calibration error with its band under the null (Vaicenavicius et al. 2019).

    The error is biased upwards, the more the fewer examples: a perfect model never shows 0. The
    null draws who is right from the confidences themselves, so it has the same bias. Bins are of
    equal width with the lower edge inside, and a confidence of 1 in one of its own, as torchmetrics
    has them. O(draws · examples).

    Args:
        confidences: probability of each example's most probable label, 0 to 1.
        is_right: whether it was the true one.
        n_bins: bins of equal width.
        n_draws: simulated models.
        seed: of the draws.
        confidence: share of the null's errors that the band holds.

    Raises:
        DataError: there is no example, or a confidence is not between 0 and 1.
    """
    if not len(confidences):
        raise DataError("no example to judge a calibration by; at least one is needed.")
    wrong = ~((confidences >= 0) & (confidences <= 1))
    if wrong.any():
        place = int(wrong.argmax())
        raise DataError(
            f"confidence {confidences[place]} of example {place} is no probability; it must be "
            "between 0 and 1 (exp of a log-probability)."
        )
    bins = np.searchsorted(np.linspace(0, 1, n_bins + 1), confidences, side="right")
    order = np.argsort(bins, kind="stable")
    ordered = confidences[order]
    starts = np.flatnonzero(np.diff(bins[order], prepend=-1))
    found = float(_errors(is_right[None, order], ordered, starts)[0])
    null = _null(ordered, starts, n_draws, seed)
    low, high = np.quantile(null, [(1 - confidence) / 2, (1 + confidence) / 2])
    return CalibrationBand(
        error=found,
        null_mean=float(null.mean()),
        null_low=float(low),
        null_high=float(high),
        p_value=float((np.count_nonzero(null >= found) + 1) / (n_draws + 1)),
        n_examples=len(confidences),
        confidence=confidence,
    )


def _null(
    confidences: Float[np.ndarray, "example"],
    starts: np.ndarray,
    n_draws: int,
    seed: int,
) -> Float[np.ndarray, "draw"]:
    rng = numpy_generator(seed, "significance", "calibration")
    n, rows = len(confidences), max(1, _BLOCK // len(confidences))
    sizes = [min(rows, n_draws - start) for start in range(0, n_draws, rows)]
    return np.concatenate(
        [_errors(rng.random((size, n)) < confidences, confidences, starts) for size in sizes]
    )


def _errors(
    is_right: Bool[np.ndarray, "draw example"],
    confidences: Float[np.ndarray, "example"],
    starts: np.ndarray,
) -> Float[np.ndarray, "draw"]:
    """Sum |right less confidence| over bins, examples being sorted by bin from `starts` on."""
    gaps = np.add.reduceat(is_right - confidences, starts, axis=1)
    return np.asarray(np.abs(gaps).sum(axis=1) / len(confidences))
