"""The comparison for machines: JSON, and rows for `dvc plots`."""

import csv
from collections.abc import Mapping
from dataclasses import asdict
from io import StringIO
from typing import Any

from seqarena.reporting.conclusions import asked, conclusion, limits, verdict
from seqarena.reporting.judgement import TaskJudgement
from seqarena.reporting.over_tasks import OverTasks, over_tasks_words
from seqarena.reporting.ranking import Row, Table
from seqarena.significance.seeds import Interval

SCHEMA_VERSION = 2


def comparison(
    tables: tuple[Table, ...], facts: Mapping[str, str], over: OverTasks | None = None
) -> dict[str, Any]:
    """Return the whole comparison as JSON-ready values, rows in the order of the report."""
    return {
        "schema_version": SCHEMA_VERSION,
        "facts": dict(facts),
        "tasks": {table.task.name: _task(table) for table in tables},
        "over_tasks": None if over is None else {**asdict(over), "words": over_tasks_words(over)},
    }


def plot_rows(table: Table) -> str:
    """Return a CSV file with one line per experiment, for a bar chart of `dvc plots`."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    metric = table.task.metric.name
    writer.writerow(["experiment", "family", "mechanism", "metric", "mean", "low", "high"])
    for row in table.rows:
        if row.interval is not None:
            cell, interval = row.cell, row.interval
            ends = [interval.low, interval.high]
            writer.writerow(
                [cell.experiment, cell.family, cell.mechanism, metric, interval.mean, *ends]
            )
    return text.getvalue()


def _task(table: Table) -> dict[str, Any]:
    task = table.task
    return {
        "kind": task.kind,
        "description": task.description,
        "metric": asdict(task.metric),
        "best_possible": None if task.best_possible is None else asdict(task.best_possible),
        "n_test": task.n_test,
        "n_sequences": dict(task.sizes),
        "counts": dict(task.counts),
        "duplicates": task.duplicates,
        "published": [
            {**asdict(each), "outcome": each.outcome, "remark": each.remark}
            for each in task.published
        ],
        "verdict": verdict(table),
        "judgement": None if task.judgement is None else _judgement(task.judgement),
        "looking": None if task.looking is None else asdict(task.looking),
        "experiments": {row.cell.experiment: _experiment(table, row) for row in table.rows},
    }


def _judgement(judgement: TaskJudgement) -> dict[str, Any]:
    return {
        **asdict(judgement),
        "words": {
            "asked": asked(judgement),
            "concluded": conclusion(judgement),
            "not_concluded": limits(judgement),
        },
    }


def _experiment(table: Table, row: Row) -> dict[str, Any]:
    cell = row.cell
    return {
        "family": cell.family,
        "mechanism": cell.mechanism,
        "engine": cell.engine,
        "n_seeds": len(cell.seeds),
        **_numbers(row.interval),
        "excess_over_best_possible": row.excess,
        "further": {
            metric.name: _numbers(row.further(metric.name)) for metric in table.task.further
        },
        "n_parameters": row.n_parameters,
        "training_flops": row.training_flops,
        "wall_seconds": row.wall_seconds,
        "cpu_seconds": row.cpu_seconds,
        "seeds": {
            str(seed.seed): {**asdict(seed), "metrics": dict(seed.metrics)} for seed in cell.seeds
        },
        "flags": list(cell.flags),
        "failures": list(cell.failures),
    }


def _numbers(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"mean": None, "low": None, "high": None}
    return {"mean": interval.mean, "low": interval.low, "high": interval.high}
