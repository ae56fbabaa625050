"""How often a classifier is right of the times when it is so sure, and what chance alone shows."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

_N_BINS = 10
_N_SIMULATIONS = 500
_ENDS = (2.5, 97.5)


@dataclass(frozen=True)
class ReliabilityBin:
    """Examples of which a model was about equally sure."""

    confidence: float
    """Mean probability of the label that it found most probable."""
    accuracy: float
    """Share of them whose most probable label is right."""
    n: int
    null_low: float
    """Ends of where the accuracy of a perfectly calibrated model lies, in 95 % of simulations."""
    null_high: float


def reliability_bins(
    confidence: Float[np.ndarray, "examples"],
    is_right: Bool[np.ndarray, "examples"],
    generator: np.random.Generator,
) -> tuple[ReliabilityBin, ...]:
    """Return the reliability of a classifier: 10 bins of equal width, those that hold an example.

    The null of a bin: each example is right with the very probability that the model gives
    (consistency resampling: Bröcker & Smith 2007). Confidences stay as they are; 500 simulations.
    """
    places = np.minimum((confidence * _N_BINS).astype(np.int64), _N_BINS - 1)
    kept, places = np.unique(places, return_inverse=True)
    counts = np.bincount(places, minlength=len(kept))
    mean_confidence = np.bincount(places, confidence, len(kept)) / counts
    accuracy = np.bincount(places, is_right.astype(np.float64), len(kept)) / counts
    null = _simulated(confidence, places, counts, generator)
    low, high = np.percentile(null, _ENDS, axis=0)
    columns = (mean_confidence, accuracy, counts, low, high)
    return tuple(
        ReliabilityBin(float(a), float(b), int(n), float(c), float(d))
        for a, b, n, c, d in zip(*columns, strict=True)
    )


def _simulated(
    confidence: Float[np.ndarray, "examples"],
    places: Int[np.ndarray, "examples"],
    counts: Int[np.ndarray, "bins"],
    generator: np.random.Generator,
) -> Float[np.ndarray, "simulations bins"]:
    """Return the accuracy of each bin in each simulation."""
    order = np.argsort(places, kind="stable")
    starts = np.cumsum(counts) - counts
    own = confidence[order].astype(np.float32)
    found = np.empty((_N_SIMULATIONS, len(counts)))
    for line in found:
        is_right = generator.random(len(own), dtype=np.float32) < own
        line[:] = np.add.reduceat(is_right.astype(np.int64), starts) / counts
    return found
