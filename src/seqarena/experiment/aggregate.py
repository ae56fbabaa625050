"""The run of MLflow that holds an experiment's means over its seeds, so that families compare."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from seqarena.charts.chart import Axis, Chart, Look, Point, ReferenceLine, Series
from seqarena.charts.png import png_of
from seqarena.charts.svg import standalone
from seqarena.data.manifest import BestPossible
from seqarena.metrics.metric import Metric
from seqarena.tracking.journal import Journal

_COSTS = ("n_parameters", "training_flops", "wall_seconds", "cpu_seconds", "n_epochs")
_FIGURE = "over-seeds"


@dataclass(frozen=True)
class Aggregate:
    """What is known of all seeds together."""

    experiment: str
    metric: Metric
    summary: Mapping[str, Any]
    """The content of metrics.json."""
    best_possible: BestPossible | None
    fits: Path
    """Folder of the fitted seeds."""


def tell_aggregate(journal: Journal, aggregate: Aggregate, folder: Path) -> None:
    """Journal means, intervals, costs and the figure of them; the figure is drawn into `folder`."""
    seeds = aggregate.summary["seeds"]
    means = {name: mean for name, mean in aggregate.summary["mean"].items() if mean is not None}
    journal.metrics(under_test(means), step=0)
    for name, interval in aggregate.summary["interval"].items():
        ends = {f"test/{name}/{end}": interval[end] for end in ("low", "high", "half_width")}
        journal.metrics(ends, step=0)
    journal.metrics(_distance(aggregate), step=0)
    journal.metrics(_costs(aggregate), step=0)
    n_diverged = len(aggregate.summary.get("diverged", {}))
    journal.params({"n_seeds": len(seeds), **({"n_diverged": n_diverged} if n_diverged else {})})
    chart = seeds_chart(aggregate)
    if chart is not None:
        picture = _draw(chart, folder)
        journal.artifact(folder / f"{_FIGURE}.svg", "figures")
        journal.artifact(picture, "figures")
        # In the artifact view the figures of several experiments stand side by side.
        journal.table(_FIGURE, {"metric": [aggregate.metric.label], "figure": [picture]})


def under_test(metrics: Mapping[str, float]) -> dict[str, float]:
    """Return the metrics under the names that MLflow groups."""
    return {f"test/{name}": float(value) for name, value in metrics.items()}


def seeds_chart(aggregate: Aggregate) -> Chart | None:
    """Return mean, interval and every seed of the headline; None where one is not finite."""
    metric, summary = aggregate.metric, aggregate.summary
    mean, interval = summary["mean"].get(metric.name), summary["interval"].get(metric.name)
    if mean is None:
        return None
    ends = None if interval is None else (interval["low"], interval["high"])
    points = [Point(mean, 0, "mean", ends)]
    points += [
        Point(float(own[metric.name]), place, f"seed {seed}", is_open=True)
        for place, (seed, own) in enumerate(summary["seeds"].items(), 1)
    ]
    names = ("mean", *(f"seed {seed}" for seed in summary["seeds"]))
    way = "higher" if metric.higher_is_better else "lower"
    return Chart(
        name=_FIGURE,
        title=aggregate.experiment,
        x=Axis(f"{metric.label}, {way} is better"),
        y=Axis("", categories=names),
        series=(Series(aggregate.experiment, "", "", Look(0, 0), tuple(points)),),
        references=_bound(aggregate),
    )


def _bound(aggregate: Aggregate) -> tuple[ReferenceLine, ...]:
    best = aggregate.best_possible
    if best is None:
        return ()
    label = f"best possible {best.paired:.{aggregate.metric.digits}f}"
    return (ReferenceLine(label, best.paired, "x", is_bound=True),)


def _distance(aggregate: Aggregate) -> dict[str, float]:
    """Return how much worse than the best possible value the mean is."""
    best, mean = aggregate.best_possible, aggregate.summary["mean"].get(aggregate.metric.name)
    if best is None or mean is None:
        return {}
    gap = mean - best.paired
    return {"test/above_best_possible": -gap if aggregate.metric.higher_is_better else gap}


def _costs(aggregate: Aggregate) -> dict[str, float]:
    """Return means over the seeds of what a fit cost, where every seed says it."""
    reports = [
        json.loads((aggregate.fits / f"seed-{seed}" / "report.json").read_text())
        for seed in aggregate.summary["seeds"]
    ]
    found = {name: [report.get(name) for report in reports] for name in _COSTS}
    return {f"fit/{name}": fmean(own) for name, own in found.items() if None not in own}


def _draw(chart: Chart, folder: Path) -> Path:
    drawing = standalone(chart)
    (folder / f"{_FIGURE}.svg").write_text(drawing, encoding="utf-8")
    picture = folder / f"{_FIGURE}.png"
    picture.write_bytes(png_of(drawing))
    return picture
