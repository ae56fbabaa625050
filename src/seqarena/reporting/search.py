"""What a report tells of a random search; filled by whoever read its record."""

import math
from dataclasses import dataclass

import numpy as np

from seqarena.significance.expected_validation import ExpectedValidation, expected_validation


@dataclass(frozen=True)
class Tried:
    """One trial."""

    settings: str
    """What was drawn, in words."""
    loss: float | None
    """On the validation split; None: it failed."""
    n_parameters: int | None = None
    wall_seconds: float | None = None
    message: str = ""
    """Why it failed."""


@dataclass(frozen=True)
class Search:
    """All trials of an experiment, in the order in which they were drawn."""

    loss: str
    """What the loss of its trials is; unlike ones do not meet in one chart."""
    trials: tuple[Tried, ...]
    selected: int
    """Place of the trial whose settings were fitted with every seed."""
    median: int
    """Place of the trial in the middle: what a family gives without a search."""
    n_different: int
    """Settings that differ."""

    @property
    def n_failed(self) -> int:
        """Trials without a loss."""
        return sum(each.loss is None for each in self.trials)

    @property
    def curve(self) -> ExpectedValidation:
        """How good the best of n trials is expected to be; lower is better."""
        losses = [math.inf if each.loss is None else each.loss for each in self.trials]
        return expected_validation(np.array(losses), higher_is_better=False)
