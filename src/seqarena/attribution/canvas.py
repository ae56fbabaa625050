"""A small picture laid out in pixels.

Axes objects cost matplotlib about 10 ms each and a tick label 1 ms; artists set directly on a
figure draw the same picture several times faster, which hundreds of pictures need.
"""

from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.image import BboxImage
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox

from seqarena.attribution.glyphs import font_families

Pixels = float | int

_DPI = 100
INK = "#1f2328"
FAINT = "#8c959f"


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels from the top left corner of the picture."""

    left: Pixels
    top: Pixels
    width: Pixels
    height: Pixels

    @property
    def right(self) -> Pixels:
        """Right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> Pixels:
        """Bottom edge."""
        return self.top + self.height

    @property
    def centre(self) -> tuple[Pixels, Pixels]:
        """Point in the middle."""
        return self.left + self.width / 2, self.top + self.height / 2


class Canvas:
    """A white picture; y grows downwards. Text is drawn as it stands: no mathematics, no markup."""

    def __init__(self, width: int, height: int, scale: float = 1.5) -> None:
        """Make a picture of `width` times `height` logical pixels, each `scale` real ones wide."""
        self._scale = scale
        self._height = height
        self._figure = Figure(figsize=(width / _DPI, height / _DPI), dpi=_DPI * scale)
        self._agg: Any = FigureCanvasAgg(self._figure)
        self._pixels = Affine2D().scale(scale, -scale).translate(0, height * scale)

    def heat(self, values: np.ndarray, box: Box, colours: str, limit: float) -> None:
        """Draw a matrix, row 0 on top: 0 is the palest colour, `limit` the strongest."""
        self._image(colormaps[colours](Normalize(0, limit)(values)), box)

    def grey(self, values: np.ndarray, box: Box, whole: np.ndarray | None = None) -> None:
        """Draw a matrix in grey, the smallest value of the whole white, the largest nearly black.

        The whole is what the matrix belongs to; None: it stands for itself.
        """
        whole = values if whole is None else whole
        spread = np.ptp(whole)
        share = (values - whole.min()) / (spread if spread > 0 else 1.0)
        self._image(colormaps["Greys"](share * 0.85), box)

    def veil(
        self, values: np.ndarray, box: Box, colours: str, limit: float, most: float = 0.8
    ) -> None:
        """Draw a matrix over what is there: the larger a value, the less shines through.

        Where a value is `limit`, a share of 1 - `most` does.
        """
        share = Normalize(0, limit)(values)
        layer = colormaps[colours](0.35 + 0.65 * share)
        layer[..., 3] = 0.1 + (most - 0.1) * share
        self._image(layer, box)

    def outline(self, box: Box, colour: str = INK, width: float = 0.8) -> None:
        """Draw the edge of a box."""
        corner, size = (box.left, box.top), (box.width, box.height)
        edge = Rectangle(corner, *size, fill=False, edgecolor=colour, linewidth=width)
        edge.set_transform(self._pixels)
        self._figure.add_artist(edge)

    def text(
        self,
        at: tuple[Pixels, Pixels],
        text: str,
        size: Pixels = 10,
        align: Literal["left", "center", "right"] = "center",
        rise: Literal["top", "center", "bottom"] = "center",
        *,
        turned: bool = False,
        colour: str = INK,
    ) -> None:
        """Write `text` `size` pixels high; turned text reads upwards."""
        label = Text(
            *at,
            text,
            fontproperties=_font(size),
            color=colour,
            horizontalalignment=align,
            verticalalignment=rise,
            rotation=90 if turned else 0,
            transform=self._pixels,
            parse_math=False,
        )
        self._figure.add_artist(label)

    def width(self, text: str, size: Pixels) -> Pixels:
        """Return how wide `text` is when it is written `size` pixels high."""
        renderer = self._agg.get_renderer()
        width: float = renderer.get_text_width_height_descent(text, _font(size), False)[0]
        return width / self._scale

    def png(self) -> bytes:
        """Return the picture as a PNG file, the same bytes for the same picture."""
        buffer = BytesIO()
        self._figure.savefig(buffer, format="png", metadata={"Software": None})
        return buffer.getvalue()

    def _image(self, colours: np.ndarray, box: Box) -> None:
        corner = (box.left * self._scale, (self._height - box.bottom) * self._scale)
        bounds = Bbox.from_bounds(*corner, box.width * self._scale, box.height * self._scale)
        image = BboxImage(bounds, interpolation="nearest", origin="upper")
        image.set_data(colours)
        self._figure.add_artist(image)


def _font(size: Pixels) -> FontProperties:
    return FontProperties(family=list(font_families()), size=size * 72 / _DPI)
