"""The comparison for machines: JSON, and rows for `dvc plots`."""

import csv
import math
from collections.abc import Iterable
from dataclasses import asdict
from io import StringIO
from typing import Any

from seqarena.charts.chart import Chart, Series
from seqarena.charts.numbers import rounded
from seqarena.reporting.caveats import asked, limits
from seqarena.reporting.conclusions import conclusion
from seqarena.reporting.judgement import TaskJudgement
from seqarena.reporting.ranking import Row, Table
from seqarena.reporting.references import references_of
from seqarena.reporting.search import Search
from seqarena.reporting.sections import Section
from seqarena.reporting.sheets.sheet import Sheet
from seqarena.reporting.whole import Whole
from seqarena.significance.seeds import Interval

SCHEMA_VERSION = 3


def comparison(whole: Whole) -> dict[str, Any]:
    """Return the whole comparison as JSON-ready values, rows in the order of the report."""
    return {
        "schema_version": SCHEMA_VERSION,
        "facts": dict(whole.facts),
        "charts": {chart.name: _chart(chart) for chart in whole.charts},
        "tables": {sheet.name: _sheet(sheet) for sheet in whole.sheets},
        "tasks": {section.task.name: _task(section) for section in whole.sections},
        "over_tasks": None
        if whole.over_tasks is None
        else {**asdict(whole.over_tasks), "words": list(whole.words)},
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


def _task(section: Section) -> dict[str, Any]:
    table, task = section.table, section.task
    return {
        "kind": task.kind,
        "description": task.description,
        "metric": asdict(task.metric),
        "headline": section.headline,
        "best_possible": None if task.best_possible is None else asdict(task.best_possible),
        "references": [asdict(each) for each in references_of(table)],
        "n_test": task.n_test,
        "n_sequences": dict(task.sizes),
        "counts": dict(task.counts),
        "duplicates": task.duplicates,
        "published": [
            {**asdict(each), "outcome": each.outcome, "remark": each.remark}
            for each in task.published
        ],
        "verdict": section.verdict,
        "judgement": None if task.judgement is None else _judgement(task.judgement),
        "looking": None if task.looking is None else asdict(task.looking),
        "experiments": {row.cell.experiment: _experiment(table, row) for row in table.rows},
        "tables": {sheet.name: _sheet(sheet) for sheet in section.all_sheets},
        "charts": {chart.name: _chart(chart) for chart in section.charts},
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
        "baseline": cell.baseline,
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
        "n_trials": cell.n_trials,
        "budget": cell.budget,
        "search": None if cell.search is None else _search(cell.search),
        "seeds": {
            str(seed.seed): {**asdict(seed), "metrics": dict(seed.metrics)} for seed in cell.seeds
        },
        "runs": dict(cell.runs),
        "flags": list(cell.flags),
        "failures": list(cell.failures),
    }


def _search(search: Search) -> dict[str, Any]:
    """Return all trials and the curve; what is infinite, because trials failed, is None."""
    curve = {
        name: [float(each) if math.isfinite(each) else None for each in values]
        for name, values in asdict(search.curve).items()
        if name != "median"
    }
    return {**asdict(search), "expected_validation": curve}


def _numbers(interval: Interval | None) -> dict[str, float | None]:
    if interval is None:
        return {"mean": None, "low": None, "high": None}
    return {"mean": interval.mean, "low": interval.low, "high": interval.high}


def _sheet(sheet: Sheet) -> dict[str, Any]:
    """Return a table as its texts: the numbers themselves stand under `experiments`."""
    return {
        "title": sheet.title,
        "about": sheet.about,
        "columns": [column.title for column in sheet.columns],
        "rows": [list(row) for row in sheet.texts()],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    """Return what a chart draws. A line is a text of its numbers, which is shorter to read."""
    return {
        "title": chart.title,
        "x": chart.x.label,
        "y": chart.y.label,
        "series": {series.key: _series(series) for series in chart.series},
    }


def _series(series: Series) -> dict[str, Any]:
    return {
        "points": [
            {"x": point.x, "y": point.y, "x_range": point.x_range, "y_range": point.y_range}
            for point in series.points
        ],
        "traces": [{"x": _line(trace.xs), "y": _line(trace.ys)} for trace in series.traces],
    }


def _line(values: Iterable[float]) -> str:
    return " ".join(f"{rounded(value):g}" for value in values)
