"""The families that stand on enough tasks together, over all of these tasks."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from statistics import fmean

import numpy as np

from seqarena.experiment.question import QuestionConfig
from seqarena.experiment.suite import Suite
from seqarena.reporting.cells import Cell
from seqarena.reporting.judgement import JudgedCell, TaskJudgement
from seqarena.reporting.over_tasks import JudgedFamilies, OverTasks
from seqarena.significance.estimate import Unknown
from seqarena.significance.task_pairs import MIN_TASKS, TaskPair
from seqarena.significance.task_scores import TaskScores
from seqarena.significance.tasks import TaskComparison, compare_over_tasks

Scores = Mapping[str, Mapping[str, float]]
"""Of each task, by family."""


@dataclass(frozen=True)
class _Block:
    families: tuple[str, ...]
    tasks: tuple[str, ...]


def judge_over_tasks(
    suite: Suite,
    judgements: Mapping[str, TaskJudgement],
    cells: Mapping[str, Cell],
    question: QuestionConfig,
) -> OverTasks:
    """Compare families over tasks, each by its mean under the metric that the task is asked by.

    The families are those of the largest block of families and tasks without a gap, at least
    `MIN_TASKS` tasks long; a task without a region of practical equivalence has no common unit with
    the others, and is left out.
    """
    notes = [
        f"{task} is left out: the question names no region of practical equivalence for it."
        for task, own in judgements.items()
        if not own.question.region
    ]
    notes += [
        f"{task} is left out: {own.errors[0]}"
        for task, own in judgements.items()
        if own.errors and own.question.region
    ]
    usable = {
        task: own for task, own in judgements.items() if own.question.region and not own.errors
    }
    scores = {task: _by_family(own, suite, cells) for task, own in usable.items()}
    block = _largest_block(scores)
    if block is None:
        return _nothing(scores, notes)
    found = compare_over_tasks(_task_scores(block, scores, usable), question.seed)
    return _told(found, block, scores, usable, notes)


def _by_family(
    judgement: TaskJudgement, suite: Suite, cells: Mapping[str, Cell]
) -> dict[str, float]:
    """Return the score of each family that has one, infinite ones too."""
    rivals: dict[str, list[JudgedCell]] = {}
    for cell in judgement.cells:
        if cell.scores:
            rivals.setdefault(suite.experiments[cell.experiment].family_name, []).append(cell)
    bad = -math.inf if judgement.question.metric.higher_is_better else math.inf
    chosen = {
        family: min(own, key=lambda each: _valid_loss(cells[each.experiment]))
        for family, own in rivals.items()
    }
    return {family: bad if own.mean is None else own.mean for family, own in chosen.items()}


def _valid_loss(cell: Cell) -> float:
    losses = [seed.valid_loss for seed in cell.seeds]
    numbers = [loss for loss in losses if loss is not None]
    return fmean(numbers) if numbers and len(numbers) == len(losses) else math.inf


def _largest_block(scores: Scores) -> _Block | None:
    """Return the families and tasks, each with all of the others, that make the most cells."""
    blocks = list(_blocks(scores))
    if not blocks:
        return None
    return max(blocks, key=lambda each: (len(each.families) * len(each.tasks), len(each.tasks)))


def _blocks(scores: Scores) -> Iterator[_Block]:
    families = list(dict.fromkeys(family for own in scores.values() for family in own))
    on = {
        family: frozenset(task for task in scores if family in scores[task]) for family in families
    }
    shared = {on[one] & on[other] for one, other in combinations(families, 2)}
    # All intersections of those too, while they are long enough.
    for _ in range(len(families)):
        longer = {one & other for one, other in combinations(shared, 2)} | shared
        longer = {each for each in longer if len(each) >= MIN_TASKS}
        if longer == shared:
            break
        shared = longer
    for common in sorted(shared, key=sorted):
        if len(common) >= MIN_TASKS:
            own = tuple(family for family in families if common <= on[family])
            yield _Block(own, tuple(task for task in scores if task in common))


def _task_scores(
    block: _Block, scores: Scores, judgements: Mapping[str, TaskJudgement]
) -> TaskScores:
    questions = [judgements[task].question for task in block.tasks]
    return TaskScores(
        scores=np.array(
            [[scores[task][family] for family in block.families] for task in block.tasks]
        ),
        tasks=block.tasks,
        families=block.families,
        higher_is_better=tuple(each.metric.higher_is_better for each in questions),
        regions=tuple(float(each.region or 0.0) for each in questions),
    )


def _nothing(scores: Scores, notes: list[str]) -> OverTasks:
    families = {family for own in scores.values() for family in own}
    most = max(
        (
            sum(one in own and other in own for own in scores.values())
            for one, other in combinations(sorted(families), 2)
        ),
        default=0,
    )
    why = (
        f"Nothing is said over tasks: no two families stand on {MIN_TASKS} tasks together (at most "
        f"on {most}), and no test over fewer can find a difference at 5 %."
    )
    return OverTasks((), (), (), (), None, None, (), (), (why, *notes))


def _told(
    found: TaskComparison,
    block: _Block,
    scores: Scores,
    judgements: Mapping[str, TaskJudgement],
    notes: list[str],
) -> OverTasks:
    friedman, ranks = found.friedman, found.mean_ranks
    others = {family for own in scores.values() for family in own} - set(block.families)
    if isinstance(friedman, Unknown):
        notes.append(friedman.sentence)
    if others:
        notes.append(f"Not on all of these tasks: {', '.join(sorted(others))}.")
    gains = _task_scores(block, scores, judgements).gains
    return OverTasks(
        families=block.families,
        tasks=block.tasks,
        gains=tuple(tuple(_finite(value) for value in row) for row in gains.tolist()),
        mean_ranks=() if isinstance(ranks, Unknown) else ranks,
        friedman=None if isinstance(friedman, Unknown) else friedman.statistic,
        friedman_p_value=None if isinstance(friedman, Unknown) else friedman.p_value,
        pairs=tuple(_judged(pair) for pair in found.pairs),
        cliques=found.cliques,
        notes=tuple(notes),
    )


def _judged(pair: TaskPair) -> JudgedFamilies:
    shares = (None, None, None) if isinstance(pair.shares, Unknown) else pair.shares
    return JudgedFamilies(
        one=pair.one,
        other=pair.other,
        n_tasks=pair.n_tasks,
        n_better=pair.n_better,
        n_worse=pair.n_worse,
        median_gap=_finite(pair.median_gap),
        p_value=None if isinstance(pair.p_value, Unknown) else pair.p_value,
        corrected=None if isinstance(pair.corrected, Unknown) else pair.corrected,
        better=shares[0],
        equal=shares[1],
        worse=shares[2],
        why=pair.p_value.sentence if isinstance(pair.p_value, Unknown) else "",
    )


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
