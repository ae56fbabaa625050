"""What stands first of all: the best of each task, and how far from the floor it is."""

from seqarena.reporting import formatting
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.sheets.results import distance_interval, distance_title
from seqarena.reporting.sheets.sheet import Column, Sheet, Value, numbers, words
from seqarena.significance.seeds import Interval


def headline(table: Table) -> str:
    """Say in a line who has the best mean: "0.03 bits above the floor" where a floor is known."""
    judgement = table.task.judgement
    if judgement is not None and judgement.errors:
        return judgement.errors[0]
    row = _best(table)
    if row is None:
        return "No experiment of this task finished with a finite result."
    return f"{row.label}: {_distance_or_score(table, row)}"


def overview_sheet(tables: tuple[Table, ...]) -> Sheet:
    """Return one row per task."""
    best = [_best(table) for table in tables]
    metrics = [table.task.metric for table in tables]
    arrows = [f"{m.label} {'↑' if m.higher_is_better else '↓'}" for m in metrics]
    scores = [
        formatting.measured(None if row is None else row.interval, metric.digits)
        for row, metric in zip(best, metrics, strict=True)
    ]
    columns = (
        words("task", "what is to be done", [table.task.name for table in tables]),
        words("metric", "what orders its experiments", arrows),
        words("best mean", "experiment", [None if row is None else row.label for row in best]),
        Column(
            "score",
            "of that experiment, in the unit of the metric: not to be compared between tasks",
            False,
            tuple(Value(score, score) for score in scores),
        ),
        words(
            "to the best possible",
            "how much worse than the best possible value it is",
            [
                None if row is None else _distance(table, row)
                for table, row in zip(tables, best, strict=True)
            ],
        ),
        numbers("experiments", "rows of its table", [_counted(len(t.rows)) for t in tables]),
    )
    return Sheet("overview", "All tasks", columns)


def _best(table: Table) -> Row | None:
    return next((row for row in table.rows if row.interval is not None), None)


def _counted(n: int) -> tuple[str, int]:
    return str(n), n


def _distance_or_score(table: Table, row: Row) -> str:
    metric = table.task.metric
    score = f"{metric.label} {formatting.measured(row.interval, metric.digits)}"
    distance = _distance(table, row)
    return score if distance is None else f"{distance} ({score})"


def _distance(table: Table, row: Row) -> str | None:
    best = table.task.best_possible
    if best is None:
        return None
    interval: Interval | None = distance_interval(row, table, best.paired)
    return f"{formatting.measured(interval, table.task.metric.digits)} {distance_title(table)}"
