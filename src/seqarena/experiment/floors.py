"""Whether an experiment is better than anything can be: then its numbers are wrong."""

from collections.abc import Iterator

from seqarena.data.manifest import BestPossible, Manifest
from seqarena.experiment.judged_pairs import Contest, system_of
from seqarena.metrics.metric import Metric, headline_metric
from seqarena.significance.estimate import Unknown
from seqarena.significance.floors import beats_floor
from seqarena.significance.jackknife import pseudo_values


def best_of(metric: Metric, manifest: Manifest) -> BestPossible | None:
    """Return the best possible value of a metric; None: unknown, as of all but the headline."""
    return manifest.best_possible if metric == headline_metric(manifest.schema) else None


def floor_errors(contest: Contest, best: BestPossible | None) -> Iterator[str]:
    """Yield a sentence for each experiment that beats the best possible value by too much.

    The mean over the seeds is held against what the true process scores in expectation and, where
    that is known, on these very examples, whichever is the better; by three standard errors over
    examples and of the value itself.
    """
    if best is None:
        return
    metric = contest.asked.metric
    sign = 1.0 if metric.higher_is_better else -1.0
    bound = max((best.value, best.paired), key=lambda value: sign * value)
    for scored in contest.scored:
        if not scored.is_finite:
            continue
        parts = pseudo_values(system_of(scored, contest)).mean(axis=0)
        check = beats_floor(
            sum(scored.scores) / len(scored.scores),
            float(parts.std(ddof=1) / len(parts) ** 0.5) if len(parts) > 1 else None,
            bound,
            higher_is_better=metric.higher_is_better,
            floor_error=best.standard_error,
        )
        if not isinstance(check, Unknown) and check.beats:
            yield f"{contest.labels[scored.experiment]}, {metric.label}: {check.sentence}"
