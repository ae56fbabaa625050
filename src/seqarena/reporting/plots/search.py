"""Expected validation performance: how good the best of n random trials is."""

import math
from collections.abc import Iterable

from seqarena.charts.chart import Axis, Chart, Point, Trace
from seqarena.reporting import formatting
from seqarena.reporting.looks import Looks
from seqarena.reporting.plots.drawn_series import filled
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.search import Search

_ABOUT = (
    "Points: the best of the first n trials, as they were drawn. Lines: what the best of n is "
    "expected to be. Both begin at the mean trial; the lower one is without bias and ends at the "
    "best that was found (Tang et al. 2020), the upper one draws with replacement (Dodge et al. "
    "2019). Where a trial that failed may be the best of n, there is none."
)


def search_charts(table: Table, looks: Looks) -> tuple[Chart, ...]:
    """Return one chart for each kind of validation loss: unlike losses do not meet in one."""
    found = [(row, row.cell.search) for row in table.rows]
    pairs = [(row, search) for row, search in found if search is not None]
    losses = list(dict.fromkeys(search.loss for _, search in pairs))
    return tuple(
        _chart([pair for pair in pairs if pair[1].loss == loss], place, looks)
        for place, loss in enumerate(losses)
    )


def _chart(pairs: list[tuple[Row, Search]], place: int, looks: Looks) -> Chart:
    most = max(len(search.trials) for _, search in pairs)
    return Chart(
        name="search" if place == 0 else f"search-{place + 1}",
        title="Best of n trials",
        x=Axis("trials", ends=(0.7, most + 0.3), marked=(1, most)),
        y=Axis("validation loss, lower is better"),
        series=tuple(
            filled(row, looks, points=_points(row, search), traces=_traces(row, search))
            for row, search in pairs
        ),
        about=f"{_ABOUT} Loss: {pairs[0][1].loss}.",
    )


def _points(row: Row, search: Search) -> tuple[Point, ...]:
    found = enumerate(search.curve.best_so_far, 1)
    return tuple(
        Point(n, float(loss), f"{row.label}: {formatting.plain(loss)}, best of the first {n}")
        for n, loss in found
        if math.isfinite(loss)
    )


def _traces(row: Row, search: Search) -> tuple[Trace, ...]:
    curve = search.curve
    return (
        *_trace(curve.without_replacement, f"{row.label}: expected, without bias"),
        *_trace(curve.with_replacement, f"{row.label}: expected, with replacement"),
    )


def _trace(losses: Iterable[float], tip: str) -> tuple[Trace, ...]:
    finite = [(float(n), float(loss)) for n, loss in enumerate(losses, 1) if math.isfinite(loss)]
    if not finite:
        return ()
    xs, ys = zip(*finite, strict=True)
    return (Trace(xs, ys, tip),)
