"""The main table of a task: one row per experiment, the best first, then what to compare with."""

from collections.abc import Sequence
from dataclasses import replace

from seqarena.metrics.metric import (
    ATTENTION_METRICS,
    Metric,
    headline_metric,
    slice_metric,
    table_metrics,
)
from seqarena.reporting import formatting
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.references import Reference, references_of, shortfall
from seqarena.reporting.sheets.sheet import Column, RowMark, Sheet, Value, measured, numbers, words
from seqarena.significance.seeds import Interval

_TRIALS = "settings tried on the validation split; 1: those of params.yaml alone"
_OVER_SEEDS = "mean ± half of the interval over seeds"


def results_sheet(table: Table) -> Sheet:
    """Return every column that says something about this task."""
    rows = table.rows
    found = [words("experiment", "name in params.yaml, without its task", [r.label for r in rows])]
    bound = table.task.best_possible
    if bound is not None:
        found.append(_distance(table, bound.paired))
    found += [
        _headline(table),
        words("family", "kind of model", [row.cell.family for row in rows]),
        words("mechanism", "attention, if any", [_mechanism(row) for row in rows]),
    ]
    if len({row.cell.engine for row in rows}) > 1:
        found.append(words("engine", "what fitted it", [row.cell.engine for row in rows]))
    found.extend(_further(metric, rows) for metric in _beside(table))
    found.extend(_further(metric, rows) for metric in (*_slices(table), *_looking(table)))
    found.extend(_costs(rows))
    references = [each for each in references_of(table) if not each.experiment]
    whole = tuple(_with_references(table, column, references) for column in found)
    marks = tuple(_mark(index, row) for index, row in enumerate(rows))
    others = (RowMark(kind="reference"),) * len(references)
    return Sheet("results", "Results", whole, (*marks, *others), _about(table, references))


def _mechanism(row: Row) -> str | None:
    return None if row.cell.mechanism == "none" else row.cell.mechanism


def distance_title(table: Table) -> str:
    """Say what the distance to the best possible value is called: less is better."""
    metric = table.task.metric
    if metric.higher_is_better:
        return f"{metric.label} below the ceiling"
    return f"{metric.unit} above the floor"


def distance_interval(row: Row, table: Table, bound: float) -> Interval | None:
    """Return how much worse than the bound a row is, with the interval of its mean."""
    found = row.interval
    if found is None:
        return None
    metric = table.task.metric
    ends = [
        None if end is None else shortfall(metric, end, bound) for end in (found.low, found.high)
    ]
    low, high = reversed(ends) if metric.higher_is_better else ends
    return replace(found, mean=shortfall(metric, found.mean, bound), low=low, high=high)


def _distance(table: Table, bound: float) -> Column:
    intervals = [distance_interval(row, table, bound) for row in table.rows]
    hint = f"how much worse than the best possible value the mean is; {_OVER_SEEDS}"
    title = f"{distance_title(table)} ↓"
    return measured(title, hint, intervals, table.task.metric.digits)


def _headline(table: Table) -> Column:
    metric, rows = table.task.metric, table.rows
    hint = f"{metric.unit}; {_OVER_SEEDS}"
    intervals, infinite = [row.interval for row in rows], [row.is_infinite for row in rows]
    return measured(_arrow(metric), hint, intervals, metric.digits, infinite)


def _further(metric: Metric, rows: tuple[Row, ...]) -> Column:
    intervals = [row.further(metric.name) for row in rows]
    return measured(_arrow(metric), f"{metric.unit}; {_OVER_SEEDS}", intervals, metric.digits)


def _slices(table: Table) -> list[Metric]:
    """Return the headline metric at each slice that some seed was judged on, in rising order."""
    metric, name = table.task.metric, table.task.schema.slice_name
    if name is None:
        return []
    start = slice_metric(metric, name, 0).name.removesuffix("0")
    seeds = [seed.metrics for row in table.rows for seed in row.cell.seeds]
    values = {int(each.removeprefix(start)) for own in seeds for each in own if start in each}
    return [slice_metric(metric, name, value) for value in sorted(values)]


def _beside(table: Table) -> list[Metric]:
    """Return what stands beside the metric that orders the rows, the headline among it."""
    schema, own = table.task.schema, table.task.metric
    return [each for each in (headline_metric(schema), *table_metrics(schema)) if each != own]


def _looking(table: Table) -> list[Metric]:
    """Return where attention lay, if any row of the table says it."""
    seeds = [seed.metrics for row in table.rows for seed in row.cell.seeds]
    return [metric for metric in ATTENTION_METRICS if any(metric.name in own for own in seeds)]


def _costs(rows: tuple[Row, ...]) -> list[Column]:
    parameters = [(formatting.count(row.n_parameters), row.n_parameters) for row in rows]
    times = [(formatting.seconds(row.wall_seconds), row.wall_seconds) for row in rows]
    work = [(formatting.scaled(row.training_flops), row.training_flops) for row in rows]
    trials = [(f"{row.cell.n_trials}", row.cell.n_trials) for row in rows]
    seeds = [(f"{len(row.cell.seeds)}", len(row.cell.seeds)) for row in rows]
    return [
        numbers("parameters", "numbers that can vary independently", parameters),
        numbers("fit", "wall time of one fit, mean over seeds [s]", times),
        numbers("FLOPs", "floating-point operations of one fit, estimated", work),
        numbers("trials", _TRIALS, trials),
        numbers("seeds", "fits that finished", seeds),
    ]


def _with_references(table: Table, column: Column, references: Sequence[Reference]) -> Column:
    """Add the rows of what is no experiment here: its name and value, and nothing else."""
    values = [_reference_value(table, column, each) for each in references]
    return replace(column, values=(*column.values, *values))


def _reference_value(table: Table, column: Column, reference: Reference) -> Value:
    metric, bound = table.task.metric, table.task.best_possible
    if column.title == "experiment":
        return Value(reference.name, reference.name)
    if column.title == "family":
        return Value("reference", "reference")
    if column.title == _arrow(metric):
        return Value(formatting.plain(reference.value, metric.digits), reference.value)
    if bound is not None and column.title.startswith(distance_title(table)):
        distance = shortfall(metric, reference.value, bound.paired)
        return Value(formatting.plain(distance, metric.digits), distance)
    return Value(formatting.MISSING, "" if column.is_number else formatting.MISSING)


def _mark(index: int, row: Row) -> RowMark:
    kind = "best" if index == 0 and row.interval is not None else ""
    return RowMark(row.cell.experiment, row.cell.family, kind, row.cell.runs)


def _about(table: Table, references: Sequence[Reference]) -> str:
    told = [f"{each.name}: {each.how}" for each in references]
    stands: dict[str, list[str]] = {}
    for row in table.rows:
        if row.cell.baseline and row.cell.baseline != row.label:
            stands.setdefault(row.cell.baseline, []).append(row.label)
    told += [f"{name}: {', '.join(own)}" for name, own in stands.items()]
    budgets: dict[str, list[str]] = {}
    for row in table.rows:
        if row.cell.budget:
            budgets.setdefault(row.cell.budget, []).append(row.label)
    told += [f"budget of {', '.join(own)}: {budget}" for budget, own in budgets.items()]
    return "; ".join(told) + ("." if told else "")


def _arrow(metric: Metric) -> str:
    return f"{metric.label} {'↑' if metric.higher_is_better else '↓'}"
