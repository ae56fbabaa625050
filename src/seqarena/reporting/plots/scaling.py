"""How a score changes with the size of the data, or with the length of the sequences."""

from collections.abc import Iterable, Mapping
from itertools import groupby

from seqarena.charts.chart import Axis, Chart, Look, Point, Series
from seqarena.reporting import formatting
from seqarena.reporting.details import Scale
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.sheets.results import distance_interval, distance_title
from seqarena.significance.seeds import Interval


def scaling_chart(scale: Scale, tables: Mapping[str, Table]) -> Chart | None:
    """Return one line per family over the sizes of a scale; None where no family has two.

    Where every task of the scale has a best possible value, the distance to it is drawn: longer
    sequences are other tests, with another floor.
    """
    own = [(point.size, tables[point.task]) for point in scale.points if point.task in tables]
    if not own:
        return None
    is_distance = all(table.task.best_possible is not None for _, table in own)
    found = sorted(_points(own, is_distance=is_distance), key=lambda each: each[0])
    series = [
        _series(name, [each[1:] for each in group], place)
        for place, (name, group) in enumerate(groupby(found, key=lambda each: each[0]))
    ]
    series = [each for each in series if len(each.points) > 1]
    if not series:
        return None
    first = own[0][1]
    label = distance_title(first) if is_distance else first.task.metric.label
    return Chart(
        name=scale.name,
        title=f"{label} over {scale.size}",
        x=Axis(scale.size, is_log=True),
        y=Axis(label),
        series=tuple(series),
        about=_about(scale),
    )


_Found = tuple[str, str, Point]


def _points(own: list[tuple[float, Table]], *, is_distance: bool) -> Iterable[_Found]:
    """Yield family entry, kind of family and point of every experiment with a mean."""
    for size, table in own:
        for row in table.rows:
            interval = _interval(row, table, is_distance=is_distance)
            if interval is not None:
                ends = None
                if interval.low is not None and interval.high is not None:
                    ends = (interval.low, interval.high)
                told = formatting.measured(interval, table.task.metric.digits)
                name = row.cell.entry or row.label
                tip = f"{name} at {formatting.scaled(size)} ({table.task.name}): {told}"
                yield name, row.cell.family, Point(size, interval.mean, tip, y_range=ends)


def _interval(row: Row, table: Table, *, is_distance: bool) -> Interval | None:
    best = table.task.best_possible
    if is_distance and best is not None:
        return distance_interval(row, table, best.paired)
    return row.interval


def _series(name: str, found: list[tuple[str, Point]], place: int) -> Series:
    points = sorted((point for _, point in found), key=lambda point: point.x)
    look = Look(place, place)
    return Series(name, name, found[0][0], look, tuple(points), is_joined=True)


def _about(scale: Scale) -> str:
    tasks = ", ".join(point.task for point in scale.points)
    same = (
        "All are judged on the same test examples."
        if scale.has_same_test
        else "Each is judged on test examples of its own, so the luck of the draw differs too."
    )
    return f"Tasks that differ in this alone: {tasks}. {same}"
