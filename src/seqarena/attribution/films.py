"""Videos cut into regions: the frames side by side, and below them what every head looked at."""

from collections.abc import Sequence

import numpy as np

from seqarena.attribution.axes import Axis
from seqarena.attribution.canvas import Box, Canvas
from seqarena.attribution.labels import Ticks, label_across, title_across
from seqarena.attribution.regions import region_picture

MAX_FRAMES = 8
"""More than these are passed over evenly."""
_GAP = 6.0
_TITLE_ROOM = 12.0
"""Above each row [pixels]."""


def draw_film(
    canvas: Canvas,
    plot: Box,
    frames: np.ndarray,
    heads: Sequence[np.ndarray],
    true_steps: np.ndarray,
    colours: tuple[str, str],
    limit: float,
) -> None:
    """Draw a row of the frames themselves, and one for each head with its weights laid over them.

    Above a head's row stands which share of its weights lies on the true regions.

    Args:
        canvas: to draw on.
        plot: where.
        frames: pixels of each region, row by row, frame after frame.
        heads: weights of the regions of each frame, laid out as there.
        true_steps: regions that show what the label is about, to be outlined; empty where nobody
            says which.
        colours: name of the weights' colours, and colour of the outlines.
        limit: weight of the strongest one.
    """
    n_frames, *grid = heads[0].shape
    pixels = frames.reshape(n_frames, -1, frames.shape[1])
    is_true = np.zeros(heads[0].size, dtype=bool)
    is_true[true_steps] = True
    chosen = np.unique(np.linspace(0, n_frames - 1, min(n_frames, MAX_FRAMES)).astype(int))
    rows = _boxes(len(heads) + 1, len(chosen), plot, (grid[0], grid[1]))
    for index, boxes in enumerate(rows):
        for frame, box in zip(chosen, boxes, strict=True):
            canvas.grey(region_picture(pixels[frame], (grid[0], grid[1])), box, pixels)
            if index > 0:
                canvas.veil(heads[index - 1][frame], box, colours[0], limit)
            else:
                _outline(canvas, is_true.reshape(heads[0].shape)[frame], box, colours[1])
            canvas.outline(box)
        title = "input" if index == 0 else _title(heads, index, is_true)
        canvas.text((boxes[0].left, boxes[0].top - 6), title, size=8, align="left")
    lowest = Box(plot.left, rows[-1][0].top, plot.width, rows[-1][0].height)
    labels = tuple(str(frame + 1) for frame in chosen)
    for frame, box in zip(labels, rows[-1], strict=True):
        one = Ticks.across(canvas, Axis("frame", (frame,), 1), box.width)
        label_across(canvas, one, box)
    across = Ticks.across(canvas, Axis("frame", labels, n_frames), plot.width)
    title_across(canvas, "frame", across, lowest, plot.centre[0])


def share_on(weights: np.ndarray, true_steps: np.ndarray) -> float:
    """Return which share of the weights lies on the true steps; 0 where nothing was looked at."""
    total = float(weights.sum())
    return float(weights.ravel()[true_steps].sum()) / total if total > 0 else 0.0


def _title(heads: Sequence[np.ndarray], index: int, is_true: np.ndarray) -> str:
    title = f"head {index}" if len(heads) > 1 else "where it looked"
    if not is_true.any():
        return title
    return f"{title}: {share_on(heads[index - 1], is_true):.0%} on what the label is about"


def _outline(canvas: Canvas, is_true: np.ndarray, box: Box, colour: str) -> None:
    high, wide = box.height / is_true.shape[0], box.width / is_true.shape[1]
    for row, column in np.argwhere(is_true):
        canvas.outline(Box(box.left + column * wide, box.top + row * high, wide, high), colour, 0.6)


def _boxes(n_rows: int, n_frames: int, plot: Box, grid: tuple[int, int]) -> list[list[Box]]:
    """Set frames side by side, row below row, as large as they can be."""
    scale = min(
        (plot.width - (n_frames - 1) * _GAP) / n_frames / grid[1],
        (plot.height / n_rows - _TITLE_ROOM) / grid[0],
    )
    width, height = scale * grid[1], scale * grid[0]
    left = plot.left + (plot.width - n_frames * width - (n_frames - 1) * _GAP) / 2
    return [
        [
            Box(
                left + frame * (width + _GAP),
                plot.top + _TITLE_ROOM + row * (height + _TITLE_ROOM),
                width,
                height,
            )
            for frame in range(n_frames)
        ]
        for row in range(n_rows)
    ]
