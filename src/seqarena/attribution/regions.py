"""Pictures cut into regions: put together again, with what every head looked at laid over them."""

from collections.abc import Sequence

import numpy as np

from seqarena.attribution.axes import Axis
from seqarena.attribution.canvas import Box, Canvas
from seqarena.attribution.labels import Ticks, label_across, label_down, title_across, title_down

_GAP = 14.0
_TITLE_ROOM = 8
"""Above each picture [pixels]."""


def region_picture(frames: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """Put regions in row-major order back into the picture that they were cut from.

    A region whose size is a square number is taken as a square of pixels; of any other, the mean is
    shown.
    """
    rows, columns = grid
    side = int(frames.shape[1] ** 0.5)
    if side * side != frames.shape[1]:
        frames, side = frames.mean(axis=1, keepdims=True), 1
    pixels = frames.reshape(rows, columns, side, side).transpose(0, 2, 1, 3)
    picture: np.ndarray = pixels.reshape(rows * side, columns * side)
    return picture


def draw_regions(
    canvas: Canvas,
    plot: Box,
    frames: np.ndarray,
    heads: Sequence[np.ndarray],
    colours: str,
    limit: float,
) -> None:
    """Draw the picture, and beside it each head's weights laid over it.

    Args:
        canvas: to draw on.
        plot: where.
        frames: pixels of each region, in row-major order.
        heads: weights of the regions, laid out as in the picture.
        colours: name of the weights' colours.
        limit: weight of the strongest one.
    """
    grid = heads[0].shape
    picture = region_picture(frames, grid)
    boxes = _boxes(len(heads) + 1, plot, grid)
    for index, box in enumerate(boxes):
        canvas.grey(picture, box)
        if index > 0:
            canvas.veil(heads[index - 1], box, colours, limit)
        canvas.outline(box)
        title = "input" if index == 0 else f"head {index}" if len(heads) > 1 else "where it looked"
        canvas.text((box.left, box.top - 7), title, size=8, align="left")
    across = Ticks.across(canvas, _numbered("column of regions", grid[1]), boxes[0].width)
    for box in boxes:
        label_across(canvas, across, box)
    title_across(canvas, "column of regions", across, boxes[0], plot.centre[0])
    down = Ticks.down(canvas, _numbered("row of regions", grid[0]), boxes[0].height)
    label_down(canvas, down, boxes[0])
    title_down(canvas, "row of regions", boxes[0].centre[1], plot.top)


def _boxes(n: int, plot: Box, grid: tuple[int, int]) -> list[Box]:
    """Set n pictures side by side, as large as they can be, in the middle of the height."""
    width = (plot.width - (n - 1) * _GAP) / n
    scale = min(width / grid[1], (plot.height - _TITLE_ROOM) / grid[0])
    width, height = scale * grid[1], scale * grid[0]
    top = plot.top + _TITLE_ROOM + (plot.height - _TITLE_ROOM - height) / 2
    return [Box(plot.left + index * (width + _GAP), top, width, height) for index in range(n)]


def _numbered(title: str, n: int) -> Axis:
    return Axis(title, tuple(str(number + 1) for number in range(n)), n)
