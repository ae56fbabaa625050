"""Cost against quality: what each parameter, second or operation buys."""

from collections.abc import Callable
from dataclasses import dataclass

from seqarena.charts.chart import Axis, Chart, Point, Series
from seqarena.reporting import formatting
from seqarena.reporting.cells import SeedResult
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
from seqarena.reporting.plots.pareto import front_of, staircase
from seqarena.reporting.ranking import Row, Table


@dataclass(frozen=True)
class _Cost:
    name: str
    title: str
    label: str
    mean: Callable[[Row], float | int | None]
    of_seed: Callable[[SeedResult], float | int | None]
    told: Callable[[float], str]


_COSTS = (
    _Cost(
        "parameters",
        "Quality against parameters",
        "free parameters",
        lambda row: row.n_parameters,
        lambda seed: seed.n_parameters,
        lambda value: f"{formatting.count(round(value))} parameters",
    ),
    _Cost(
        "seconds",
        "Quality against time",
        "wall time of a fit [s]",
        lambda row: row.wall_seconds,
        lambda seed: seed.wall_seconds,
        lambda value: formatting.seconds(value),
    ),
    _Cost(
        "flops",
        "Quality against operations",
        "floating-point operations of a fit",
        lambda row: row.training_flops,
        lambda seed: seed.training_flops,
        lambda value: f"{formatting.scaled(value)} FLOPs",
    ),
)


def cost_charts(table: Table, looks: Looks) -> tuple[Chart, ...]:
    """Return one chart for each kind of cost that two experiments at least have."""
    charts = [_chart(table, cost, looks) for cost in _COSTS]
    return tuple(chart for chart in charts if chart is not None)


def _chart(table: Table, cost: _Cost, looks: Looks) -> Chart | None:
    rows = [row for row in finite_rows(table) if (cost.mean(row) or 0) > 0]
    if len(rows) < 2:
        return None
    spent, scores = [float(cost.mean(row) or 0) for row in rows], [mean_of(row) for row in rows]
    is_high = table.task.metric.higher_is_better
    front = front_of(spent, scores, higher_is_better=is_high)
    series = [
        _series(table, row, cost, looks, is_best=place in front) for place, row in enumerate(rows)
    ]
    return Chart(
        name=f"cost-{cost.name}",
        title=cost.title,
        x=Axis(cost.label, is_log=True),
        y=Axis(metric_label(table)),
        series=tuple(series),
        references=reference_lines(table, "y"),
        front=staircase(spent, scores, front),
        about=_about(table, rows),
    )


def _series(table: Table, row: Row, cost: _Cost, looks: Looks, *, is_best: bool) -> Series:
    at = float(cost.mean(row) or 0)
    own = [float(value) for seed in row.cell.seeds if (value := cost.of_seed(seed))]
    told = f"{row.label}: {score_of(row, table)}, {cost.told(at)}"
    tip = f"{told}; on the front" if is_best else told
    spread = (min(own), max(own)) if own and min(own) > 0 and max(own) > min(own) else None
    point = Point(at, mean_of(row), tip, spread, range_of(row), is_open=not is_best)
    return filled(row, looks, points=(point,))


def _about(table: Table, rows: list[Row]) -> str:
    left_out = [row.label for row in finite_rows(table) if row not in rows]
    missing = f" Not counted for {', '.join(left_out)}." if left_out else ""
    return (
        "Filled: on the front, where no other is both cheaper and better. Up and down: the 95 % "
        f"interval over seeds; across: from the least to the most costly seed.{missing}"
    )
