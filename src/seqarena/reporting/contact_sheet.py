"""Attention pictures of several experiments side by side, as one file."""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread


def contact_sheet(pictures: Iterable[tuple[str, Path]]) -> bytes:
    """Return a PNG of the pictures, two in a row, each under its name."""
    entries = list(pictures)
    n_rows = -(-len(entries) // 2)
    figure = Figure(figsize=(12.0, 3.15 * n_rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(n_rows, 2, squeeze=False).ravel()
    for axes in panels:
        axes.set_axis_off()
    for axes, (name, path) in zip(panels, entries, strict=False):
        axes.imshow(imread(path), aspect="auto")
        axes.set_title(name, loc="left", fontsize=10, parse_math=False)
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, facecolor="white", metadata={"Software": None})
    return buffer.getvalue()
