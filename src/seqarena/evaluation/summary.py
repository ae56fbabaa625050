"""`metrics.json`: one experiment, all of its seeds."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seqarena.metrics.metric import Metric
from seqarena.significance.seeds import Interval, t_interval

# Said of one seed's test split; a mean over seeds of them would mean nothing.
_NOT_AVERAGED = ("n_examples", "n_scored", "standard_error")


def summarise_seeds(
    facts: Mapping[str, str | None],
    metric: Metric,
    seeds: Mapping[int, Mapping[str, float | int]],
    flags: Mapping[int, tuple[str, ...]] | None = None,
) -> dict[str, Any]:
    """Return the content of metrics.json.

    Args:
        facts: who was judged: `task`, `family`, `mechanism` and whatever else names the experiment.
        metric: the headline of the task.
        seeds: the metrics of each seed.
        flags: what is doubtful about a seed's numbers.

    Returns:
        `{**facts, metric: {...}, seeds: {"0": {...}}, mean: {...}, interval: {name: {low, high,
        half_width, n, confidence}}, flags: {...}}`. What is not finite in any seed has the mean
        None, and so has the headline where there is no seed; a single seed has no interval. Counts
        and standard errors stand under `seeds` alone.
    """
    first: Mapping[str, float | int] = next(iter(seeds.values()), {metric.name: 0.0})
    names = [name for name in first if not name.endswith(_NOT_AVERAGED)]
    intervals = {name: _interval([found[name] for found in seeds.values()]) for name in names}
    return {
        **facts,
        "metric": asdict(metric),
        "seeds": {str(seed): _finite(found) for seed, found in sorted(seeds.items())},
        "mean": {name: None if found is None else found.mean for name, found in intervals.items()},
        "interval": {
            name: _as_dict(found)
            for name, found in intervals.items()
            if found is not None and found.low is not None
        },
        "flags": {str(seed): list(lines) for seed, lines in (flags or {}).items() if lines},
    }


def write_metrics(path: Path, summary: Mapping[str, Any]) -> Path:
    """Write the summary to `path`, and return it. NaN and infinity are refused."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(summary, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return path


def _interval(values: list[float]) -> Interval | None:
    if not values or not all(map(math.isfinite, values)):
        return None
    return t_interval(values)


def _finite(metrics: Mapping[str, float | int]) -> dict[str, float | int | None]:
    """JSON has no infinity: None stands for it, and a flag says why."""
    return {name: value if math.isfinite(value) else None for name, value in metrics.items()}


def _as_dict(interval: Interval) -> dict[str, float | int | None]:
    return {
        "low": interval.low,
        "high": interval.high,
        "half_width": interval.half_width,
        "n": interval.n,
        "confidence": interval.confidence,
    }
