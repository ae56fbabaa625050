"""Two plots per task: who is how good, and at what cost."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import imread
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from seqarena.reporting.formatting import scaled
from seqarena.reporting.ranking import Row, Table

# Okabe & Ito (2008): told apart by readers with any kind of colour vision.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#8C6D31", "#7F7F7F")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_BOUND = "#C92A2A"
_LEAST_COST = 0.01


@dataclass(frozen=True)
class Theme:
    """Colours of text and lines; the background is left to the page."""

    ink: str
    faint: str


LIGHT = Theme(ink="#1f2328", faint="#d0d7de")
DARK = Theme(ink="#e6edf3", faint="#444c56")

_LOG_STEPS = {1: (1.0, 2.0, 5.0), 2: (1.0, 3.0)}
"""Marks per factor of ten, by how many such factors a logarithmic axis spans."""


def quality_plot(table: Table) -> Figure:
    """Draw mean and interval of each experiment, its seeds, and the best possible value."""
    rows = _finite(table)
    figure, (axes,) = _figure(7.2, 1.1 + 0.34 * len(rows), 1)
    for place, (row, (colour, marker)) in enumerate(zip(rows, _looks(rows), strict=True)):
        found = [seed.metrics[table.task.metric.name] for seed in row.cell.seeds]
        seeds = [float(value) for value in found if value is not None]
        axes.plot(seeds, [place] * len(seeds), "|", color=colour, alpha=0.6, markersize=9)
        low, high = _ends(row)
        axes.plot([low, high], [place, place], color=colour, linewidth=2, solid_capstyle="round")
        axes.plot(_mean(row), place, marker, color=colour, markersize=7)
    axes.set_yticks(range(len(rows)), [row.label for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color=LIGHT.faint, linewidth=0.6)
    axes.set_xlabel(_metric_label(table))
    _bound(axes.axvline, table)
    if table.task.best_possible is not None:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), frameon=False, labelcolor=LIGHT.ink
        )
    return figure


def cost_plot(table: Table) -> Figure:
    """Draw the same quality against parameters, and against the time of a fit."""
    rows = _finite(table)
    n_legend_lines = -(-(len(rows) + 1) // 3)
    figure, (left, right) = _figure(8.6, 3.1 + 0.2 * n_legend_lines, 2)
    costs: list[tuple[Axes, str, Callable[[Row], float | int | None]]] = [
        (left, "free parameters", lambda row: row.n_parameters),
        (right, "wall time of a fit [s]", lambda row: row.wall_seconds),
    ]
    for axes, title, cost in costs:
        spent = [max(float(cost(row) or 0), _LEAST_COST) for row in rows]
        for row, at, (colour, marker) in zip(rows, spent, _looks(rows), strict=True):
            axes.plot([at, at], _ends(row), color=colour, linewidth=1.5, alpha=0.7)
            axes.plot(at, _mean(row), marker, color=colour, label=row.label, linestyle="")
        _log_axis(axes, spent)
        axes.set_xlabel(title)
        axes.grid(color=LIGHT.faint, linewidth=0.6)
        _bound(axes.axhline, table)
    left.set_ylabel(_metric_label(table))
    handles, labels = right.get_legend_handles_labels()
    figure.legend(
        handles,
        labels,
        loc="outside lower center",
        ncols=3,
        frameon=False,
        labelcolor=LIGHT.ink,
        fontsize=9,
    )
    return figure


def contact_sheet(pictures: Iterable[tuple[str, Path]]) -> Figure:
    """Set attention pictures side by side, two in a row, each under its name."""
    entries = list(pictures)
    n_rows = -(-len(entries) // 2)
    figure, panels = _figure(12.0, 3.15 * n_rows, 2 * n_rows, across=2)
    for axes in panels:
        axes.set_axis_off()
    for axes, (name, path) in zip(panels, entries, strict=False):
        axes.imshow(imread(path), aspect="auto")
        axes.set_title(name, loc="left", fontsize=10, parse_math=False)
    return figure


def png(figure: Figure) -> bytes:
    """Return the figure as PNG on white."""
    return _saved(figure, "png", dpi=110, facecolor="white", metadata={"Software": None})


def darkened(drawing: bytes) -> bytes:
    """Return an SVG of `svg` in the colours for a dark page; the marks keep theirs."""
    text = drawing.decode()
    for light, dark in ((LIGHT.ink, DARK.ink), (LIGHT.faint, DARK.faint)):
        text = text.replace(light, dark)
    return text.encode()


def svg(figure: Figure) -> bytes:
    """Return the figure as SVG without background: the same bytes for the same figure."""
    # The salt names the clip paths, and the date would change with every run.
    with matplotlib.rc_context({"svg.hashsalt": "seqarena"}):
        return _saved(figure, "svg", transparent=True, metadata={"Date": None, "Creator": None})


def _saved(figure: Figure, kind: str, **options: Any) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format=kind, **options)
    return buffer.getvalue()


def _figure(
    width: float, height: float, n: int, across: int | None = None
) -> tuple[Figure, list[Axes]]:
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    columns = across or n
    grid = figure.subplots(n // columns, columns, squeeze=False, sharey=across is None)
    panels = [axes for line in grid for axes in line]
    for axes in panels:
        axes.set_facecolor("none")
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(LIGHT.ink)
        axes.tick_params(colors=LIGHT.ink, labelsize=9)
        axes.xaxis.label.set_color(LIGHT.ink)
        axes.yaxis.label.set_color(LIGHT.ink)
        axes.set_axisbelow(True)
    return figure, panels


def _log_axis(axes: Axes, values: list[float]) -> None:
    """Scale the x axis by logarithms, with few marks, in plain numbers."""
    low, high = min(values) / 1.6, max(values) * 1.6
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    steps = _LOG_STEPS.get(math.ceil(math.log10(high / low)), (1.0,))
    axes.xaxis.set_major_locator(LogLocator(subs=steps, numticks=12))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: scaled(value)))


def _finite(table: Table) -> list[Row]:
    return [row for row in table.rows if row.interval is not None]


def _looks(rows: list[Row]) -> list[tuple[str, str]]:
    """Give each family a colour, and each of its experiments a marker of its own."""
    families = sorted({row.cell.family for row in rows})
    looks = []
    for index, row in enumerate(rows):
        earlier = sum(other.cell.family == row.cell.family for other in rows[:index])
        colour = _COLOURS[families.index(row.cell.family) % len(_COLOURS)]
        looks.append((colour, _MARKERS[earlier % len(_MARKERS)]))
    return looks


def _mean(row: Row) -> float:
    return 0.0 if row.interval is None else row.interval.mean


def _ends(row: Row) -> tuple[float, float]:
    mean = _mean(row)
    half = 0.0 if row.interval is None else row.interval.half_width or 0.0
    return mean - half, mean + half


def _metric_label(table: Table) -> str:
    metric = table.task.metric
    return f"{metric.label} ({'higher' if metric.higher_is_better else 'lower'} is better)"


def _bound(line: Callable[..., object], table: Table) -> None:
    best = table.task.best_possible
    if best is not None:
        line(
            best.paired,
            color=_BOUND,
            linestyle="--",
            linewidth=1.2,
            label=f"best possible {best.paired:.3f}",
        )
