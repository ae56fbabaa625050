"""The record of what replacing each step of an input does to each output of a model."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float

Unit = Literal["bits", "nats"]
Version = Literal["replaced", "marginalised", "shapley", "gradient"]
"""What was done to a step: put another in its place, taken it out of the model's reckoning, or the
mean over all orders of doing so (Shapley values); of a gradient nothing was done to it."""


@dataclass(frozen=True)
class InfluenceMap:
    """Of one example. Row = output; column = step of the input; rows and columns without padding.

    Outputs are the steps of a density (each predicted from those before it) or of a tagger, the one
    label of a classifier, or the target steps of a transducer given the gold ones before them.
    """

    effect: Float[np.ndarray, "output step"] | None
    """Mean Jensen-Shannon divergence between what the model says with and without the step, 0 to 1
    bit; None where outputs are frames, which have no bits. Shapley values, which divide the
    divergence of a mean, may be below 0."""
    change: Float[np.ndarray, "output step"]
    """What the step adds to the log-probability of the gold output: positive where it helps."""
    whole: Float[np.ndarray, "output"] | None = None
    """Effect of replacing all steps at once [bits]."""
    version: Version = "replaced"
    unit: Unit = "bits"
    """Of `change`."""
    valid: Bool[np.ndarray, "output step"] | None = None
    """False where the model cannot look, by its construction, or nothing was computed; None: True
    everywhere."""
