"""What the charts of a task share: its series, its axis of quality, its lines to compare with."""

from dataclasses import replace

from seqarena.charts.chart import AxisName, ReferenceLine, Series
from seqarena.charts.markup import cut
from seqarena.reporting import formatting
from seqarena.reporting.looks import Looks
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.references import Reference, references_of

_LONGEST_NAME = 24


def series_of(row: Row, looks: Looks) -> Series:
    """Return a row's series, without anything in it yet."""
    cell = row.cell
    return Series(cell.experiment, row.label, cell.family, looks[cell.experiment])


def filled(row: Row, looks: Looks, **content: object) -> Series:
    """Return a row's series with its points, traces or ticks."""
    return replace(series_of(row, looks), **content)  # type: ignore[arg-type]


def finite_rows(table: Table) -> list[Row]:
    """Return the rows that have a mean.

    Yardsticks that look at no order (majority class, unigram) stand in charts as lines: as points
    they would press all others together. Where nothing else is there, they are points.
    """
    rows = [row for row in table.rows if row.interval is not None]
    others = [row for row in rows if row.cell.baseline in ("", "n-gram")]
    return others or rows


def mean_of(row: Row) -> float:
    """Return the mean of a finite row."""
    return 0.0 if row.interval is None else row.interval.mean


def range_of(row: Row) -> tuple[float, float] | None:
    """Return the interval of a row; None where one seed gives none."""
    found = row.interval
    if found is None or found.low is None or found.high is None:
        return None
    return found.low, found.high


def score_of(row: Row, table: Table) -> str:
    """Return a row's score in words."""
    metric = table.task.metric
    return f"{metric.label} {formatting.measured(row.interval, metric.digits)}"


def metric_label(table: Table) -> str:
    """Return what an axis of quality is called."""
    metric = table.task.metric
    unit = f" [{metric.unit}]" if metric.unit in ("bits", "nats") else ""
    return f"{metric.label}{unit}, {'higher' if metric.higher_is_better else 'lower'} is better"


def reference_lines(table: Table, axis: AxisName) -> tuple[ReferenceLine, ...]:
    """Return the lines to compare with, along the axis of quality."""
    return tuple(_line(each, table, axis) for each in references_of(table))


def _line(each: Reference, table: Table, axis: AxisName) -> ReferenceLine:
    label = f"{cut(each.name, _LONGEST_NAME)} {each.value:.{table.task.metric.digits}f}"
    return ReferenceLine(label, each.value, axis, is_bound=each.kind == "bound")
