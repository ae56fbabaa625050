"""Labels and titles along the sides of a plot: as large as they fit, and none upon another."""

from dataclasses import dataclass

import numpy as np

from seqarena.attribution.axes import Axis
from seqarena.attribution.canvas import Box, Canvas, Pixels
from seqarena.attribution.glyphs import drawable
from seqarena.attribution.short_labels import shortened

_SMALLEST, _LARGEST = 6.5, 10.0
"""Sizes of a label [pixels]."""
_LINE = 1.08
"""Height of a line of labels, as a multiple of their size."""
_TITLE_SIZE = 9
_TITLE_FROM_EDGE = 9
_BESIDE_TITLE = 17.0
"""Distance from the edge of the picture at which the labels beside a title may begin [pixels]."""
_ONE_CHARACTER = 1.1
"""Width of the widest single character, as a multiple of its size."""
_GAP = 4.0
"""Between labels and plot [pixels]."""
_APART = 4.0
"""Between labels side by side [pixels]."""
_WIDEST_BESIDE, _TALLEST_BELOW = 100.0, 43.0
"""Room for labels on the left of a plot, and for those that read upwards below it [pixels]."""
_WORTH_STANDING_UPRIGHT = 36.0
"""Width from which on labels below a plot are cut to stand side by side, not turned [pixels]."""


@dataclass(frozen=True)
class Ticks:
    """What is written beside some of the entries of an axis."""

    labels: tuple[str, ...]
    """Of the entries 0, stride, 2 · stride, ..."""
    stride: int
    step: Pixels
    """From one entry to the next."""
    size: Pixels
    widest: Pixels
    """Width of the widest label."""

    @classmethod
    def down(cls, canvas: Canvas, axis: Axis, height: Pixels) -> "Ticks":
        """Choose size, entries and labels for the left side of a plot."""
        return cls._of(canvas, axis, height, _WIDEST_BESIDE)

    @classmethod
    def across(cls, canvas: Canvas, axis: Axis, width: Pixels) -> "Ticks":
        """Choose size, entries and labels for the lower side of a plot."""
        return cls._of(canvas, axis, width, _TALLEST_BELOW, is_side_by_side=True)

    @classmethod
    def _of(
        cls,
        canvas: Canvas,
        axis: Axis,
        length: Pixels,
        room: Pixels,
        *,
        is_side_by_side: bool = False,
    ) -> "Ticks":
        step = length / len(axis.labels)
        size = float(np.clip(step / _LINE, _SMALLEST, _LARGEST))
        stride = int(np.ceil(size * _LINE / step))
        beside = stride * step - _APART
        if is_side_by_side and beside >= _WORTH_STANDING_UPRIGHT:
            room = beside

        def width(label: str) -> float:
            return canvas.width(label, size)

        labels = shortened([drawable(each) for each in axis.labels[::stride]], room, width)
        return cls(labels, stride, step, size, max(map(width, labels)))

    @property
    def is_wide(self) -> bool:
        """Whether labels side by side would touch; single characters may stand close."""
        apart = 0.0 if self.widest <= _ONE_CHARACTER * self.size else _APART
        return self.widest + apart > self.stride * self.step


def room_beside(ticks: Ticks) -> Pixels:
    """Return how far from the left edge a plot must stand for these labels and a title."""
    return _BESIDE_TITLE + ticks.widest + _GAP


def room_below(ticks: Ticks) -> Pixels:
    """Return how far from the lower edge a plot must stand for these labels and a title."""
    return _BESIDE_TITLE + _GAP + (ticks.widest if ticks.is_wide else ticks.size * _LINE)


def label_down(canvas: Canvas, ticks: Ticks, box: Box) -> None:
    """Write labels on the left of a box."""
    for index, label in enumerate(ticks.labels):
        at = (box.left - _GAP, box.top + (index * ticks.stride + 0.5) * ticks.step)
        canvas.text(at, label, ticks.size, "right")


def label_across(canvas: Canvas, ticks: Ticks, box: Box) -> None:
    """Write labels below a box; they read upwards where they are too wide."""
    for index, label in enumerate(ticks.labels):
        at = (box.left + (index * ticks.stride + 0.5) * ticks.step, box.bottom + _GAP)
        canvas.text(at, label, ticks.size, "center", "top", turned=ticks.is_wide)


def title_down(canvas: Canvas, title: str, centre: Pixels, least_top: Pixels) -> None:
    """Write a title that reads upwards at the left edge, no higher than `least_top`."""
    lowest_centre = least_top + canvas.width(title, _TITLE_SIZE) / 2
    at = (_TITLE_FROM_EDGE, max(centre, lowest_centre))
    canvas.text(at, title, _TITLE_SIZE, turned=True)


def title_across(canvas: Canvas, title: str, ticks: Ticks, box: Box, centre: Pixels) -> None:
    """Write a title below the labels of a box."""
    below = box.bottom + room_below(ticks) - _TITLE_FROM_EDGE
    canvas.text((centre, below), title, _TITLE_SIZE)
