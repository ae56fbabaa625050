"""Whether a score is better than any score can be."""

import math
from dataclasses import dataclass

import numpy as np

from seqarena.errors import DataError
from seqarena.significance.estimate import Unknown
from seqarena.significance.jackknife import pseudo_values
from seqarena.significance.statistics import ExampleStatistics, alike
from seqarena.significance.student import variance_of_mean

LIMIT = 3.0
"""Standard errors by which chance may seem to beat a bound."""


@dataclass(frozen=True)
class FloorCheck:
    """A score against the best that is possible."""

    gap: float
    """How much better the score is than the bound, in the metric's unit; below 0: worse."""
    standard_error: float
    """Of the gap."""
    limit: float
    """Standard errors beyond which it is an error."""

    @property
    def errors(self) -> float:
        """The gap in standard errors; infinite where there is a gap and no error."""
        if self.gap == 0:
            return 0.0
        return (
            self.gap / self.standard_error
            if self.standard_error
            else math.copysign(math.inf, self.gap)
        )

    @property
    def beats(self) -> bool:
        """Whether it is better than can be: something is wrong with the score or the bound."""
        return self.errors > self.limit

    @property
    def sentence(self) -> str:
        """The same in words."""
        side = "better" if self.gap > 0 else "worse"
        size = (
            f"{abs(self.gap):.3g} {side} than the best possible, {abs(self.errors):.1f} standard "
            "errors"
        )
        if not self.beats:
            return f"{size}: within what is possible."
        return (
            f"{size}: no model can be. Either the test split leaked, the probabilities do not sum "
            "to 1, or the bound is not one of this data."
        )


def beats_floor(
    score: float,
    standard_error: float | None,
    floor: float,
    *,
    higher_is_better: bool,
    floor_error: float = 0.0,
    limit: float = LIMIT,
) -> FloorCheck | Unknown:
    """Hold a score against a theoretical bound, by their standard errors.

    Where the bound is known example by example (the true process's own score of each), use
    `beats_paired_floor`: the paired error is far smaller.

    Args:
        score: of a model, on a sample of examples.
        standard_error: of the score over examples; None where it is not known.
        floor: the best possible value, of all examples there could be.
        higher_is_better: direction of the metric.
        floor_error: standard error of the bound itself, as of a Monte Carlo entropy rate.
        limit: standard errors that are too many.

    Raises:
        DataError: a number is NaN, or a standard error below 0.
    """
    if standard_error is None:
        return Unknown("one example", "The score has no standard error: nothing to judge a gap by.")
    if np.isnan([score, floor]).any() or not (standard_error >= 0 and floor_error >= 0):
        raise DataError(
            f"score {score} ± {standard_error} against floor {floor} ± {floor_error}: none may be "
            "NaN, and standard errors are 0 or more."
        )
    sign = 1.0 if higher_is_better else -1.0
    return FloorCheck(
        float(sign * (score - floor)), float(np.hypot(standard_error, floor_error)), limit
    )


def beats_paired_floor(
    system: ExampleStatistics, floor: ExampleStatistics, *, limit: float = LIMIT
) -> tuple[FloorCheck | Unknown, ...]:
    """Hold each seed against the true process on the same examples, one check per seed.

    The error is that of the paired difference over examples, by the jackknife. `floor` has one
    seed: the process that made the data.

    Raises:
        DataError: other examples, another metric, a floor of several seeds, or a score that is NaN.
    """
    if floor.n_seeds != 1:
        raise DataError(
            f"a floor of {floor.n_seeds} seeds; the true process has no seed: hand over 1."
        )
    pair = alike({"the model": system, "the floor": floor})
    ours, theirs = pair["the model"], pair["the floor"]
    if ours.n_examples < 2:
        unknown = Unknown("one example", "One example gives no standard error to judge a gap by.")
        return (unknown,) * ours.n_seeds
    best = theirs.seed_scores()[0]
    gaps = ours.sign * (ours.seed_scores() - best)
    parts = ours.sign * (pseudo_values(ours) - pseudo_values(theirs))
    return tuple(
        _paired_check(float(gap), own, limit) for gap, own in zip(gaps, parts, strict=True)
    )


def _paired_check(gap: float, gaps: np.ndarray, limit: float) -> FloorCheck | Unknown:
    if gap == -np.inf:
        # Called something impossible: it beats nothing.
        return FloorCheck(gap, 0.0, limit)
    if not np.isfinite(gaps).all():
        return Unknown("undefined", "Without some of its examples the score is not defined.")
    return FloorCheck(gap, variance_of_mean(gaps) ** 0.5, limit)
