"""The headline metric along what tells the examples apart: length, rarity, lag."""

from seqarena.charts.chart import Axis, Chart, Point, Series
from seqarena.reporting import formatting
from seqarena.reporting.details import SliceScore
from seqarena.reporting.looks import Looks
from seqarena.reporting.plots.drawn_series import filled, finite_rows, metric_label
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.sheets.further import slices_of
from seqarena.significance.seeds import Interval

_UNITS = {"length": "length of the input [steps]", "rarity": "rarity of what is asked for [bits]"}


def slice_charts(table: Table, looks: Looks) -> tuple[Chart, ...]:
    """Return one chart for each way to tell the examples apart."""
    ways = dict.fromkeys(each.by for row in table.rows for each in row.cell.details.slices)
    charts = [_chart(table, by, looks) for by in ways]
    return tuple(chart for chart in charts if chart is not None)


def _chart(table: Table, by: str, looks: Looks) -> Chart | None:
    rows = [row for row in finite_rows(table) if slices_of(row, by)]
    if not rows:
        return None
    names = tuple(each.label for each in slices_of(rows[0], by))
    stem = "".join(letter if letter.isalnum() else "-" for letter in by)
    return Chart(
        name=f"by-{stem}",
        title=f"By {by}: {table.task.metric.label}",
        x=Axis(_UNITS.get(by, by), categories=names),
        y=Axis(metric_label(table)),
        series=tuple(_series(table, row, by, looks) for row in rows),
        about=_ABOUT.get(by, "As the task itself tells its examples apart."),
    )


_ABOUT = {
    "length": "Test examples in groups of about equal size, by how many steps they have.",
    "rarity": "Test examples in groups of about equal size. Rarity: -log2 of how often a gold "
    "symbol or label stands in the training split, mean over those of an example.",
}


def _series(table: Table, row: Row, by: str, looks: Looks) -> Series:
    points = [
        _point(table, row, place, each, each.interval)
        for place, each in enumerate(slices_of(row, by))
        if each.interval is not None
    ]
    return filled(row, looks, points=tuple(points), is_joined=True)


def _point(table: Table, row: Row, place: int, each: SliceScore, found: Interval) -> Point:
    told = formatting.measured(found, table.task.metric.digits)
    tip = f"{row.label}, {each.by} {each.label} ({each.n_examples} examples): {told}"
    ends = None if found.low is None or found.high is None else (found.low, found.high)
    return Point(float(place), found.mean, tip, y_range=ends)
