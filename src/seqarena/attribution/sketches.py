"""Sketches of maps: what `pictures` draws, in a small part of its time, with few words.

A fit that is looked at on its way has no tenth of a second for each look.
"""

from functools import cache
from io import BytesIO

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from seqarena.attribution.axes import panels_of
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.probes import Probe

WIDTH, HEIGHT = 600, 300
MAX_HEADS = 4

_MARGIN, _HEAD, _FOOT, _GAP = 24, 30, 30, 8
_FONT_SIZE = 10
_LETTER = 6
"""Width of a letter, about [pixels]."""
_PALE, _DARK = np.array([247, 251, 255.0]), np.array([8, 48, 107.0])


def sketch_map(probe: Probe, one: ProbeMap) -> bytes:
    """Return a picture of one map as PNG: its heads side by side, at most four.

    The darkest colour is the largest value shown, which stands above; white is 0. Symbols stand
    below the columns and beside the rows where there is room for all of them, and all are ASCII.
    """
    tiles, down, across = _tiles(probe, one)
    limit = max(float(tiles.max(initial=0.0)), 1e-6)
    picture = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    width = (WIDTH - 2 * _MARGIN - (len(tiles) - 1) * _GAP) // len(tiles)
    height = HEIGHT - _HEAD - _FOOT
    for place, values in enumerate(tiles if tiles.size else ()):
        left = _MARGIN + place * (width + _GAP)
        picture.paste(Image.fromarray(_coloured(values / limit, height, width)), (left, _HEAD))
        draw.rectangle((left - 1, _HEAD - 1, left + width, _HEAD + height), outline="grey")
        _label(draw, across, (left, _HEAD + height + 2), (width / max(len(across), 1), 0.0))
    _label(draw, down, (_MARGIN - 14, _HEAD - 1), (0.0, height / max(len(down), 1)))
    _write(draw, (_MARGIN, 8), f"{one.name}: darkest {limit:.2g}")
    _write(draw, (_MARGIN, HEIGHT - 14), _axes(probe, one, len(tiles)))
    file = BytesIO()
    picture.save(file, "PNG", compress_level=1)
    return file.getvalue()


def _tiles(
    probe: Probe, one: ProbeMap
) -> tuple[Float[np.ndarray, "tile down across"], tuple[str, ...], tuple[str, ...]]:
    """Return what is drawn, and the labels of its rows and columns."""
    if probe.grid is not None and one.values.shape[1] == 1:
        rows, columns = probe.grid
        heads = one.values[:MAX_HEADS, 0].reshape(
            -1, one.values.shape[2] // (rows * columns), *probe.grid
        )
        # The frames of a video side by side.
        return heads.transpose(0, 2, 1, 3).reshape(len(heads), rows, -1), (), ()
    panels = panels_of(probe, one)
    return panels.values[:MAX_HEADS], panels.down.labels, panels.across.labels


def _coloured(
    shares: Float[np.ndarray, "down across"], height: int, width: int
) -> UInt8[np.ndarray, "height width 3"]:
    rows = np.arange(height) * len(shares) // height
    columns = np.arange(width) * shares.shape[1] // width
    colours = _PALE + shares[..., None] * (_DARK - _PALE)
    enlarged: np.ndarray = colours.round().astype(np.uint8)[rows][:, columns]
    return enlarged


def _label(
    draw: ImageDraw.ImageDraw,
    labels: tuple[str, ...],
    start: tuple[int, int],
    step: tuple[float | int, float | int],
) -> None:
    """Write a label at each entry, where all have room, in letters that the font has."""
    longest = max(map(len, labels), default=0)
    is_across = step[0] > 0
    room = step[0] >= _LETTER * longest if is_across else step[1] >= _FONT_SIZE and longest <= 2
    if not room or not all(label.isascii() and label.isprintable() for label in labels):
        return
    back = (_LETTER / 2, 0) if is_across else (0, _FONT_SIZE / 2)
    for place, label in enumerate(labels):
        x, y = (start[axis] + (place + 0.5) * step[axis] - back[axis] for axis in (0, 1))
        _write(draw, (x, y), label)


def _axes(probe: Probe, one: ProbeMap, n_tiles: int) -> str:
    if probe.grid is not None and one.values.shape[1] == 1:
        words = "regions of the input"
    else:
        panels = panels_of(probe, one)
        words = f"down: {panels.down.title}; across: {panels.across.title}"
    n_heads = one.values.shape[0]
    return words if n_tiles in (1, n_heads) else f"{words}; heads 1 to {n_tiles} of {n_heads}"


def _write(draw: ImageDraw.ImageDraw, at: tuple[float | int, float | int], text: str) -> None:
    draw.text(at, text, fill="black", font=_font())


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(_FONT_SIZE)
