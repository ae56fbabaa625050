"""What is known of a difference, or why it is not known."""

from dataclasses import dataclass
from typing import Literal

from scipy.special import stdtr

Reason = Literal[
    "one seed",
    "one example",
    "no spread",
    "undefined",
    "infinite",
    "both infinite",
    "too few tasks",
    "too few families",
]
"""Why something cannot be said."""


@dataclass(frozen=True)
class Unknown:
    """Stands where a number would stand that the data do not give."""

    why: Reason
    sentence: str
    """The reason in plain words."""


@dataclass(frozen=True)
class Estimate:
    """A difference with its error; positive: the first is better, whatever the metric's direction.

    In the unit of the metric, as everything here but the p-value and the degrees of freedom.
    """

    value: float
    low: float
    """Lower end of the interval."""
    high: float
    p_value: float
    """Two-sided; before any correction."""
    standard_error: float
    dof: float | None
    """Degrees of freedom of Student's t; None where the interval is a bootstrap's."""
    confidence: float
    method: str
    """How interval and p-value were found, in words."""

    @property
    def level(self) -> float:
        """Chance of a false alarm that goes with the confidence: 1 less it."""
        return round(1 - self.confidence, 12)

    def is_within(self, region: float) -> bool:
        """Say whether the whole interval lies between -region and +region."""
        return -region <= self.low and self.high <= region

    def shares(self, region: float) -> tuple[float, float, float]:
        """Return the probabilities that the first is better, equal, worse, by `region` or more.

        The posterior of a normal mean under the usual reference prior is Student's t about
        `value` (Kruschke 2013; Benavoli et al. 2017, section 3, without their correlation).
        """
        if self.standard_error == 0:
            better, worse = float(self.value > region), float(self.value < -region)
            return better, 1 - better - worse, worse
        dof = float("inf") if self.dof is None else self.dof
        worse = float(stdtr(dof, (-region - self.value) / self.standard_error))
        better = float(stdtr(dof, (self.value - region) / self.standard_error))
        return better, max(0.0, 1 - better - worse), worse
