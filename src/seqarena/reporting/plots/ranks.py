"""Critical-difference diagram (Demsar 2006): mean ranks over tasks, and who is not told apart."""

from seqarena.charts.chart import Axis, Chart, Look, Point, Series
from seqarena.reporting.over_tasks import OverTasks

_BAR = 7
"""Colour of the bars: grey."""
_STEP = 0.25
_RING = 1


def ranks_chart(over: OverTasks) -> Chart | None:
    """Return one line per family, the best on top; None where there are no mean ranks.

    Beside the ranks a bar joins every set of families of which no two were told apart, with a mark
    for each that belongs to it: sets need not be neighbours, as tests of pairs say.
    """
    if not over.mean_ranks:
        return None
    ranked = sorted(zip(over.mean_ranks, over.families, strict=True))
    names = [name for _, name in ranked]
    last = float(len(names))
    bars = [
        _bar(place, [names.index(name) for name in clique], last)
        for place, clique in enumerate(over.cliques)
    ]
    ends = (0.8, last + _STEP * (len(bars) + 1))
    return Chart(
        name="critical-difference",
        title="Mean ranks over tasks",
        x=Axis("mean rank, 1 is best", ends=ends, marked=(1.0, last)),
        y=Axis("", categories=tuple(names)),
        series=(*(_family(*each, row) for row, each in enumerate(ranked)), *bars),
        about="Bars on the right join families of which no two are told apart "
        "(Wilcoxon's signed ranks after Holm's correction).",
    )


def _family(rank: float, name: str, row: int) -> Series:
    return Series(name, name, "", Look(0, 0), (Point(rank, row, f"{name}: mean rank {rank:.2f}"),))


def _bar(place: int, rows: list[int], last: float) -> Series:
    at = last + _STEP * (place + 1)
    tip = f"not told apart: {len(rows)} families"
    points = tuple(Point(at, row, tip, is_open=True) for row in sorted(rows))
    return Series(f"bar-{place}", "", "", Look(_BAR, _RING), points, is_joined=True)
