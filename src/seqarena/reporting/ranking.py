"""From cells to rows: means, intervals, order, and what the order does not mean."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.significance.seeds import Interval, t_interval
from seqarena.wording import counted


@dataclass(frozen=True)
class Row:
    """A cell with its aggregates over seeds."""

    cell: Cell
    interval: Interval | None
    """Of the headline metric; None when no seed finished, or one is infinite."""
    is_infinite: bool
    excess: float | None
    """How much worse the mean is than the best possible value, in the metric's unit."""
    n_parameters: int | None
    training_flops: float | None
    wall_seconds: float | None
    """Mean over the seeds, of a fit."""
    cpu_seconds: float | None

    @property
    def label(self) -> str:
        """Name of the experiment without the task in front, which the heading says already."""
        return self.cell.experiment.removeprefix(f"{self.cell.task}-")

    def further(self, metric: str) -> Interval | None:
        """Return the interval of another metric; None where some seed lacks it."""
        return _interval([seed.metrics.get(metric) for seed in self.cell.seeds])


@dataclass(frozen=True)
class Table:
    """A task with its rows, the best first."""

    task: TaskFacts
    rows: tuple[Row, ...]


def tables(tasks: Iterable[TaskFacts], cells: Iterable[Cell]) -> tuple[Table, ...]:
    """Return one table per task that has a cell, in the order of the tasks."""
    by_task: dict[str, list[Cell]] = {}
    for cell in cells:
        by_task.setdefault(cell.task, []).append(cell)
    return tuple(
        Table(task, _ranked(task, by_task[task.name])) for task in tasks if task.name in by_task
    )


def verdict(table: Table) -> str:
    """Say in plain words which rows the seeds tell apart from the first, and which they do not."""
    rows = [row for row in table.rows if row.interval is not None]
    if not rows:
        return "No experiment of this task finished with a finite result."
    best, others = rows[0], rows[1:]
    if best.interval is None or not others:
        return f"{best.label} stands alone: there is nothing to compare it with."
    overlaps = [best.interval.overlaps(row.interval) for row in others if row.interval is not None]
    if None in overlaps:
        return (
            f"{best.label} has the best mean. Some experiments ran with one seed only: "
            "how far their results move with the seed is unknown, so no order is claimed."
        )
    near = [row.label for row, near in zip(others, overlaps, strict=True) if near]
    n_far = len(others) - len(near)
    if not near:
        return f"{best.label} has the best mean, and its interval overlaps with no other's."
    far = "" if n_far == 0 else f" {_the_other(n_far)} overlap with it."
    return (
        f"{best.label} has the best mean, but its interval overlaps with "
        f"{_joined(near)}: {_seeds(rows)} do not tell them apart.{far}"
    )


def caveat(table: Table) -> str:
    """Say what the intervals of a table cover."""
    n = min((len(row.cell.seeds) for row in table.rows if row.cell.seeds), default=0)
    if n < 2:
        return "There is one seed, so there are no intervals."
    return (
        f"± is half of a 95 % Student t interval over {_seeds(table.rows)}: how far the mean moves "
        "with the seed, on these test examples. It does not cover the choice of the examples, and "
        "a family that does not use the seed has ± 0. No significance test was made."
    )


def _ranked(task: TaskFacts, cells: list[Cell]) -> tuple[Row, ...]:
    sign = -1.0 if task.metric.higher_is_better else 1.0

    def key(row: Row) -> tuple[int, float, str]:
        if row.interval is None:
            return (1 if row.is_infinite else 2, 0.0, row.cell.experiment)
        return (0, sign * row.interval.mean, row.cell.experiment)

    return tuple(sorted((_row(task, cell) for cell in cells), key=key))


def _row(task: TaskFacts, cell: Cell) -> Row:
    values = [seed.metrics.get(task.metric.name) for seed in cell.seeds]
    interval = _interval(values)
    excess = None
    if interval is not None and task.best_possible is not None:
        gap = interval.mean - task.best_possible.paired
        excess = -gap if task.metric.higher_is_better else gap
    parameters = _mean(cell, lambda seed: seed.n_parameters)
    return Row(
        cell=cell,
        interval=interval,
        is_infinite=bool(values) and None in values,
        excess=excess,
        n_parameters=None if parameters is None else round(parameters),
        training_flops=_mean(cell, lambda seed: seed.training_flops),
        wall_seconds=_mean(cell, lambda seed: seed.wall_seconds),
        cpu_seconds=_mean(cell, lambda seed: seed.cpu_seconds),
    )


def _interval(values: list[float | int | None]) -> Interval | None:
    found = [float(value) for value in values if value is not None and math.isfinite(value)]
    return t_interval(found) if found and len(found) == len(values) else None


def _mean(cell: Cell, of: Callable[[SeedResult], float | int | None]) -> float | None:
    values = [value for seed in cell.seeds if (value := of(seed)) is not None]
    return fmean(values) if values else None


def _joined(names: list[str]) -> str:
    noun = "that of " if len(names) == 1 else "those of "
    return noun + (names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}")


def _the_other(n: int) -> str:
    return "The other interval does not" if n == 1 else f"The other {n} do not"


def _seeds(rows: Iterable[Row]) -> str:
    counts = sorted({len(row.cell.seeds) for row in rows if row.cell.seeds})
    last = counted(counts[-1], "seed")
    return last if len(counts) == 1 else f"{counts[0]} to {last}"
