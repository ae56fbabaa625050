"""The columns of a task's table, the same in Markdown and in HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from seqarena.metrics.metric import (
    ATTENTION_METRICS,
    Metric,
    headline_metric,
    slice_metric,
    table_metrics,
)
from seqarena.reporting import formatting
from seqarena.reporting.ranking import Row, Table


@dataclass(frozen=True)
class Value:
    """A number in a table, as text and as what it is sorted by."""

    text: str
    sort: float | str
    """Missing values come last, whatever the direction."""


@dataclass(frozen=True)
class Column:
    """A named column with one value per row."""

    title: str
    hint: str
    """What the numbers are, in a sentence."""
    is_number: bool
    values: tuple[Value, ...]


def columns_of(table: Table) -> tuple[Column, ...]:
    """Return every column that says something about this task."""
    rows = table.rows
    found = [
        _words("experiment", "name in params.yaml, without its task", [row.label for row in rows]),
        _words("family", "kind of model", [row.cell.family for row in rows]),
        _words("mechanism", "attention, if any", [row.cell.mechanism for row in rows]),
    ]
    if len({row.cell.engine for row in rows}) > 1:
        found.append(_words("engine", "what fitted it", [row.cell.engine for row in rows]))
    found.append(_headline(table))
    if table.task.best_possible is not None:
        texts = [
            (formatting.signed(row.excess, table.task.metric.digits), row.excess) for row in rows
        ]
        hint = "how much worse than the best possible value the mean is"
        found.append(_numbers("above best" if not _is_high(table) else "below best", hint, texts))
    found.extend(_further(metric, rows) for metric in _beside(table))
    found.extend(_further(metric, rows) for metric in (*_slices(table), *_looking(table)))
    return (*found, *_costs(rows))


def _beside(table: Table) -> list[Metric]:
    """Return what stands beside the metric that orders the rows, the headline among it."""
    schema, own = table.task.schema, table.task.metric
    return [each for each in (headline_metric(schema), *table_metrics(schema)) if each != own]


def _looking(table: Table) -> list[Metric]:
    """Return where attention lay, if any row of the table says it."""
    seeds = [seed.metrics for row in table.rows for seed in row.cell.seeds]
    return [metric for metric in ATTENTION_METRICS if any(metric.name in own for own in seeds)]


def _slices(table: Table) -> list[Metric]:
    """Return the headline metric at each slice that some seed was judged on, in rising order."""
    metric, name = table.task.metric, table.task.schema.slice_name
    if name is None:
        return []
    start = slice_metric(metric, name, 0).name.removesuffix("0")
    seeds = [seed.metrics for row in table.rows for seed in row.cell.seeds]
    values = {int(each.removeprefix(start)) for own in seeds for each in own if start in each}
    return [slice_metric(metric, name, value) for value in sorted(values)]


def _headline(table: Table) -> Column:
    metric = table.task.metric
    texts = [
        (
            formatting.measured(row.interval, metric.digits, is_infinite=row.is_infinite),
            _mean_of(row),
        )
        for row in table.rows
    ]
    return _numbers(_arrow(metric), f"{metric.unit}; mean ± half interval over seeds", texts)


def _further(metric: Metric, rows: tuple[Row, ...]) -> Column:
    intervals = [row.further(metric.name) for row in rows]
    texts = [
        (formatting.measured(one, metric.digits), None if one is None else one.mean)
        for one in intervals
    ]
    return _numbers(_arrow(metric), f"{metric.unit}; mean ± half interval over seeds", texts)


def _costs(rows: tuple[Row, ...]) -> list[Column]:
    parameters = [(formatting.count(row.n_parameters), row.n_parameters) for row in rows]
    times = [(formatting.seconds(row.wall_seconds), row.wall_seconds) for row in rows]
    work = [(formatting.scaled(row.training_flops), row.training_flops) for row in rows]
    return [
        _numbers("parameters", "numbers that can vary independently", parameters),
        _numbers("fit", "wall time of one fit, mean over seeds", times),
        _numbers("FLOPs", "floating-point operations of one fit, estimated", work),
    ]


def _numbers(title: str, hint: str, texts: Sequence[tuple[str, float | int | None]]) -> Column:
    values = [Value(text, "" if sort is None else float(sort)) for text, sort in texts]
    return Column(title, hint, True, tuple(values))


def _words(title: str, hint: str, texts: list[str | None]) -> Column:
    values = [Value(_plain(text), _plain(text)) for text in texts]
    return Column(title, hint, False, tuple(values))


def _plain(text: str | None) -> str:
    return formatting.MISSING if text in (None, "", "none") else str(text)


def _mean_of(row: Row) -> float | None:
    return None if row.interval is None else row.interval.mean


def _is_high(table: Table) -> bool:
    return table.task.metric.higher_is_better


def _arrow(metric: Metric) -> str:
    return f"{metric.label} {'↑' if metric.higher_is_better else '↓'}"
