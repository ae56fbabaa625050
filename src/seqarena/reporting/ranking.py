"""From cells to rows: means, intervals, order. What the order means is not said here."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean

from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.significance.seeds import Interval, t_interval


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
    confidence: float = 0.95
    """Of the intervals."""

    @property
    def label(self) -> str:
        """Name of the experiment without the task in front, which the heading says already."""
        return self.cell.experiment.removeprefix(f"{self.cell.task}-")

    def further(self, metric: str) -> Interval | None:
        """Return the interval of another metric; None where some seed lacks it."""
        values = [seed.metrics.get(metric) for seed in self.cell.seeds]
        return _interval(values, self.confidence)


@dataclass(frozen=True)
class Table:
    """A task with its rows, the best first."""

    task: TaskFacts
    rows: tuple[Row, ...]


def tables(tasks: Iterable[TaskFacts], cells: Iterable[Cell]) -> tuple[Table, ...]:
    """Return one table per task that has a cell, in the order of the tasks.

    A task whose cells were all set aside has an empty one, beneath which it is said why.
    """
    by_task: dict[str, list[Cell]] = {}
    for cell in cells:
        by_task.setdefault(cell.task, []).append(cell)
    return tuple(
        Table(task, _ranked(task, by_task.get(task.name, [])))
        for task in tasks
        if task.name in by_task or (task.judgement is not None and task.judgement.set_aside)
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
    confidence = task.confidence
    interval = _interval(values, confidence)
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
        confidence=confidence,
    )


def _interval(values: list[float | int | None], confidence: float) -> Interval | None:
    found = [float(value) for value in values if value is not None and math.isfinite(value)]
    return t_interval(found, confidence) if found and len(found) == len(values) else None


def _mean(cell: Cell, of: Callable[[SeedResult], float | int | None]) -> float | None:
    values = [value for seed in cell.seeds if (value := of(seed)) is not None]
    return fmean(values) if values else None
