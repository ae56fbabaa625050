"""From values to places on an axis, and the marks along it."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from seqarena.charts.numbers import scaled
from seqarena.errors import DataError

_LOG_STEPS = {1: (1.0, 2.0, 5.0), 2: (1.0, 3.0)}
"""Marks per factor of ten, by how many such factors a logarithmic axis spans."""
_LEAST_FACTOR = 1.25
_MARGIN = 0.05


@dataclass(frozen=True)
class Scale:
    """An axis whose values lie between `low` and `high`, drawn from `start` to `stop` [pixels]."""

    low: float | int
    high: float | int
    start: float | int
    stop: float | int
    is_log: bool = False

    def at(self, value: float | int) -> float:
        """Return the place of a value [pixels]."""
        low, high = self._inner(self.low), self._inner(self.high)
        share = (self._inner(value) - low) / (high - low)
        return self.start + share * (self.stop - self.start)

    def holds(self, value: float | int) -> bool:
        """Say whether the value is on the axis."""
        return self.low <= value <= self.high

    def marks(self, n: int = 5) -> tuple[tuple[float, str], ...]:
        """Return about `n` round values with their texts."""
        return self._log_marks() if self.is_log else self._even_marks(n)

    def _inner(self, value: float | int) -> float:
        return math.log10(value) if self.is_log else float(value)

    def _even_marks(self, n: int) -> tuple[tuple[float, str], ...]:
        step = _round_step((self.high - self.low) / n)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        values = [index * step for index in range(first, last + 1)]
        return tuple((value, _text(value, digits, self.high)) for value in values)

    def _log_marks(self) -> tuple[tuple[float, str], ...]:
        decades = math.ceil(math.log10(self.high / self.low))
        steps = _LOG_STEPS.get(decades, (1.0,))
        stride = max(1, round(decades / 6))
        first = math.floor(math.log10(self.low))
        powers = range(first, math.ceil(math.log10(self.high)) + 1, stride)
        values = [step * 10.0**power for power in powers for step in steps]
        marks = tuple((value, scaled(value)) for value in values if self.holds(value))
        # So little of a factor of ten that none of its round numbers is there.
        return marks if len(marks) > 1 else self._even_marks(3)


def scale_of(
    values: Iterable[float | int], start: float, stop: float, *, is_log: bool = False
) -> Scale:
    """Return a scale on which all values have room.

    Raises:
        DataError: there is no value, one is not finite, or one is not above 0 on a log scale.
    """
    found = list(values)
    if not found or not all(map(math.isfinite, found)):
        raise DataError(f"an axis cannot show {found[:5]}; it needs finite values.")
    low, high = min(found), max(found)
    if is_log:
        if low <= 0:
            raise DataError(f"a logarithmic axis cannot show {low}; leave out what is not above 0.")
        factor = max((high / low) ** _MARGIN, _LEAST_FACTOR)
        return Scale(low / factor, high * factor, start, stop, is_log=True)
    room = _MARGIN * (high - low) or 0.05 * abs(high) or 0.5
    return Scale(low - room, high + room, start, stop)


def _round_step(rough: float) -> float:
    """Return the next of 1, 2, 5, 10 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= rough - 1e-12)


def _text(value: float, digits: int, largest: float) -> str:
    if abs(largest) >= 10_000:
        return scaled(value)
    return f"{0.0 if abs(value) < 1e-12 else value:.{digits}f}"
