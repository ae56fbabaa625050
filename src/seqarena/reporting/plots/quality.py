"""Who is how good: mean, interval and single seeds of each experiment."""

from seqarena.charts.chart import Axis, Chart, Point, Series
from seqarena.reporting.looks import Looks
from seqarena.reporting.plots.drawn_series import (
    filled,
    finite_rows,
    mean_of,
    metric_label,
    range_of,
    reference_lines,
    score_of,
)
from seqarena.reporting.ranking import Row, Table


def quality_chart(table: Table, looks: Looks) -> Chart | None:
    """Return one line per experiment, the best on top; None where none has a mean."""
    rows = finite_rows(table)
    if not rows:
        return None
    return Chart(
        name="quality",
        title=f"Quality: {table.task.metric.label}",
        x=Axis(metric_label(table)),
        y=Axis("", categories=tuple(row.label for row in rows)),
        series=tuple(_series(table, row, place, looks) for place, row in enumerate(rows)),
        references=reference_lines(table, "x"),
        about="Mean, 95 % interval over seeds, and single seeds as strokes.",
    )


def _series(table: Table, row: Row, place: int, looks: Looks) -> Series:
    found = [seed.metrics.get(table.task.metric.name) for seed in row.cell.seeds]
    ticks = tuple((float(value), float(place)) for value in found if value is not None)
    point = Point(mean_of(row), place, f"{row.label}: {score_of(row, table)}", range_of(row))
    return filled(row, looks, points=(point,), ticks=ticks)
