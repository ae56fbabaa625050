"""Comparing the scores of two experiments, or of runs in MLflow, in the terminal."""

from collections.abc import Iterator

from seqarena.errors import ConfigError
from seqarena.experiment.contestants import (
    Contestant,
    find_contestant,
    question_of,
    refuse_unlike,
)
from seqarena.experiment.layout import Workspace
from seqarena.experiment.scores_told import (
    Rules,
    difference_of,
    examples,
    heading,
    side_of,
    slices,
    told,
)
from seqarena.metrics.metric import judged_by
from seqarena.parsing import nearest


def compare_scores(
    one: str,
    other: str,
    workspace: Workspace,
    metric: str | None = None,
    region: float | None = None,
) -> Iterator[str]:
    """Compare two over all their seeds, on the same test examples, and yield the lines to print.

    Args:
        one: an experiment, or ids of runs in MLflow (see `find_contestant`).
        other: likewise.
        workspace: where to look.
        metric: what decides; None: what params.yaml asks for.
        region: the largest difference that does not matter; None: what params.yaml says.

    Raises:
        ArtifactError: one is not there, or a file is not whole.
        ConfigError: the task is not judged by the metric.
        DataError: the two came about under unlike rules or on other examples; says which.
    """
    found = [find_contestant(named, workspace) for named in (one, other)]
    refuse_unlike(*found)
    rules = _rules(found[0], workspace, metric, region)
    first, second = (side_of(each, rules) for each in found)
    difference = difference_of(first, second, rules)
    yield from heading(first, second, rules)
    yield from told(difference, rules)
    yield from slices(first, second, rules)
    yield from examples(first, second)


def _rules(
    contestant: Contestant, workspace: Workspace, metric: str | None, region: float | None
) -> Rules:
    asked, config = question_of(contestant, workspace)
    if metric is None or metric == asked.metric.name:
        return Rules(asked.metric, asked.region if region is None else region, config)
    known = {each.name: each for each in judged_by(contestant.protocol.schema)}
    if metric not in known:
        raise ConfigError([f"--metric: {metric!r} is not measured; {nearest(metric, [*known])}"])
    return Rules(known[metric], region, config)
