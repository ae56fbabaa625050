"""The width whose number of parameters is nearest to a target, found without any training."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from seqarena.errors import SeqarenaError
from seqarena.experiment.budget.widths import Width, is_allowed, width_of, with_width
from seqarena.families.catalogue import AnyFamilyConfig

Counter = Callable[[AnyFamilyConfig], int]
"""How many free parameters a model of these settings has."""


@dataclass(frozen=True)
class Solution:
    """A width, and the parameters that a model of it has."""

    value: int
    n_parameters: int


def nearest_width(
    config: AnyFamilyConfig, knob: str, target: int, count: Counter
) -> Solution | None:
    """Return the width nearest to the target, the narrower of two; None: no width is possible.

    Parameters grow with the width, so that the widths on both sides of the target are bracketed by
    doubling, and then by halving what lies between them. Doubling ends where they grow no more.
    """
    width = width_of(config, knob)
    if width is None:
        return None

    @cache
    def counted(place: int) -> int | None:
        return _counted(config, width, place, count)

    at_low = counted(0)
    if at_low is None:
        return None
    low, high = 0, 1
    while (at_high := counted(high)) is not None and at_low < at_high < target:
        low, high, at_low = high, 2 * high, at_high
    # Here `low` is possible; `high` is impossible, or not below the target.
    while high - low > 1:
        middle = (low + high) // 2
        at_middle = counted(middle)
        if at_middle is not None and at_middle < target:
            low = middle
        else:
            high = middle
    found = [
        Solution(width.at(place), n) for place in (low, high) if (n := counted(place)) is not None
    ]
    return min(found, key=lambda each: abs(each.n_parameters - target))


def _counted(config: AnyFamilyConfig, width: Width, place: int, count: Counter) -> int | None:
    if not is_allowed(config, width.knob, width.at(place)):
        return None
    try:
        return count(with_width(config, width.knob, width.at(place)))
    except SeqarenaError:
        # Only a network that is built says so (positions of odd width, for instance).
        return None
