"""What a report draws of an experiment beside its scores; filled by whoever read the files."""

import math
from dataclasses import dataclass

from seqarena.metrics.reliability import ReliabilityBin
from seqarena.significance.calibration import CalibrationBand
from seqarena.significance.seeds import Interval, t_interval


@dataclass(frozen=True)
class Curve:
    """The validation loss of one fit, epoch by epoch."""

    seed: int
    epochs: tuple[int, ...]
    """Passes over the data that were done, from 1."""
    seconds: tuple[float, ...]
    """Wall time since the fit began, without the time in which it was stopped."""
    losses: tuple[float, ...]


@dataclass(frozen=True)
class Reliability:
    """How well the probabilities of one seed mean what they say."""

    seed: int
    bins: tuple[ReliabilityBin, ...]
    band: CalibrationBand
    """The calibration error over all examples, beside those of a perfectly calibrated model."""


@dataclass(frozen=True)
class SliceScore:
    """The headline metric of a part of the test examples."""

    by: str
    """What the examples are told apart by: "length", "rarity", or the task's own name."""
    label: str
    low: float
    """Least value of that among them; the largest is `high`."""
    high: float
    n_examples: int
    values: tuple[float, ...]
    """One for each seed; infinite where something impossible happened."""

    @property
    def interval(self) -> Interval | None:
        """Return mean and interval over the seeds; None where one is not finite."""
        is_finite = bool(self.values) and all(map(math.isfinite, self.values))
        return t_interval(self.values) if is_finite else None


@dataclass(frozen=True)
class Details:
    """All of it, of one experiment; what is empty is not drawn."""

    loss: str = ""
    """What the losses of the curves are, where they are not the task's own; curves of unlike losses
    do not meet in one chart."""
    curves: tuple[Curve, ...] = ()
    reliability: Reliability | None = None
    slices: tuple[SliceScore, ...] = ()


@dataclass(frozen=True)
class ScalingPoint:
    """One task of a scale, and how large it is."""

    task: str
    size: float


@dataclass(frozen=True)
class Scale:
    """Tasks that differ in nothing but their size."""

    name: str
    """Part of a file name."""
    size: str
    """What the size is, with its unit."""
    points: tuple[ScalingPoint, ...]
    """From the smallest."""
    has_same_test: bool
    """Whether all of them are judged on the same test examples."""
