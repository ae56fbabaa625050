"""Judging a task: from predictions and a question to records that the report can tell."""

import json
import math
from collections import Counter
from pathlib import Path

from seqarena.data.manifest import Manifest
from seqarena.evaluation.stamp import Stamp
from seqarena.experiment.floors import best_of, floor_errors
from seqarena.experiment.judged_pairs import Contest, judge_pairs, labels_of
from seqarena.experiment.question import Asked, QuestionConfig
from seqarena.experiment.scored import Measure, Scored, difference_of_examples, read_scored
from seqarena.experiment.stamping import rules_of
from seqarena.experiment.suite import Suite
from seqarena.reporting.judgement import JudgedCell, Question, SetAside, TaskJudgement
from seqarena.significance.seeds import t_interval


def judge(
    asked: Asked, config: QuestionConfig, suite: Suite, manifest: Manifest, runs: Path
) -> TaskJudgement:
    """Compare the experiments of a task on the examples of its test split.

    Args:
        asked: on this task.
        config: what holds for all tasks: confidence, draws.
        suite: whose experiments they are.
        manifest: of the task's data, as it is prepared now.
        runs: folder of all experiments.
    """
    expected = Stamp(rules_of(suite.tasks[asked.task], manifest))
    measure = Measure(asked.metric, manifest.schema)
    labels = labels_of(
        [each.name for each in suite.experiments.values() if each.task_name == asked.task],
        asked.task,
    )
    scored = [
        read_scored(each.name, each.seeds, runs / each.name, measure)
        for each in suite.experiments.values()
        if each.task_name == asked.task
    ]
    every, set_aside = _sorted_out(scored, expected, labels)
    alike = [each for each in every if each.experiment in asked.experiments]
    contest = Contest(asked, config, measure.statistic.score, alike, labels)
    best = best_of(asked.metric, manifest)
    return TaskJudgement(
        question=_question(asked, config),
        stamp=expected.digest,
        cells=tuple(_cell(each, contest, None if best is None else best.paired) for each in alike),
        pairs=judge_pairs(contest),
        set_aside=tuple(set_aside),
        errors=tuple(floor_errors(contest, best)),
        floor=None if best is None else best.paired,
    )


def _question(asked: Asked, config: QuestionConfig) -> Question:
    return Question(
        metric=asked.metric,
        region=asked.region,
        confidence=config.confidence,
        n_draws=config.n_draws,
        baseline=asked.baseline,
        n_pairs=len(asked.pairs),
    )


def _sorted_out(
    scored: list[Scored], expected: Stamp, labels: dict[str, str]
) -> tuple[list[Scored], list[SetAside]]:
    """Set aside what came about under other rules, or on other examples, and say why."""
    common = Counter(each.ids for each in scored if each.scores).most_common(1)
    ids = common[0][0] if common else ()
    alike, aside = [], []
    for each in scored:
        unlike = [] if each.stamp is None else each.stamp.unlike(expected)
        reasons = []
        if each.refused:
            reasons = [each.refused]
        elif unlike:
            reasons = ["it was evaluated under other rules than those of now: " + "; ".join(unlike)]
        elif each.scores and each.ids != ids:
            reasons = [f"{difference_of_examples(each.ids, ids)} of the other experiments"]
        if reasons:
            aside.append(SetAside(each.experiment, labels[each.experiment], tuple(reasons)))
        else:
            alike.append(each)
    return alike, aside


def _cell(scored: Scored, contest: Contest, floor: float | None) -> JudgedCell:
    interval = t_interval(scored.scores, contest.config.confidence) if scored.is_finite else None
    mean = None if interval is None else interval.mean
    sign = -1.0 if contest.asked.metric.higher_is_better else 1.0
    return JudgedCell(
        experiment=scored.experiment,
        label=contest.labels[scored.experiment],
        scores={
            seed: score if math.isfinite(score) else None
            for seed, score in zip(scored.seeds, scored.scores, strict=True)
        },
        n_asked=scored.n_asked,
        mean=mean,
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        gap=None if mean is None or floor is None else sign * (mean - floor),
        n_examples=len(scored.ids),
        troubles=scored.troubles,
        choices=_choices(scored.stamp),
    )


def _choices(stamp: Stamp | None) -> str:
    return "" if stamp is None else json.dumps(dict(stamp.choices)) if stamp.choices else ""
