import csv
import io
from dataclasses import replace

import pytest

from seqarena.experiment.judge_over_tasks import judge_over_tasks
from seqarena.experiment.question import parse_asked
from seqarena.metrics.metric import ACCURACY, BITS_PER_STEP
from seqarena.reporting.cells import Cell, SeedResult
from seqarena.reporting.judgement import JudgedCell, Question, TaskJudgement
from seqarena.reporting.over_tasks import (
    FAMILY_PAIRS,
    families_csv,
    family_rows,
    over_tasks_words,
)

FAMILIES = ("good", "poor", "rare")


def scene(n_tasks, families=("good", "poor"), better=0.2, region=0.01):
    """Tasks of two metrics in turn, on each of which `good` is better than `poor` by `better`."""
    tasks = [f"task_{number}" for number in range(n_tasks)]
    raw = {
        "seeds": [0],
        "question": {},
        "tasks": {
            task: {"kind": "density", "source": {"kind": "lagged_markov_source"}} for task in tasks
        },
        "families": {name: {"kind": "markov_chain", "order": 1} for name in families},
        "experiments": {
            f"{task}-{name}": {"task": task, "family": name} for task in tasks for name in families
        },
    }
    suite, question = parse_asked(raw)
    judgements = {}
    for number, task in enumerate(tasks):
        metric = ACCURACY if number % 2 else BITS_PER_STEP
        sign = 1 if metric.higher_is_better else -1
        gains = {"good": 0.0, "poor": -better - 0.001 * number, "rare": 0.05}
        cells = tuple(judged(task, name, 0.5 + sign * gains[name]) for name in families)
        judgements[task] = TaskJudgement(
            Question(metric, region, 0.95, 1000, None, 1), "0" * 16, cells, ()
        )
    cells = {
        name: Cell(name, each.task_name, "markov_chain", None, None, (seed(1.0),))
        for name, each in suite.experiments.items()
    }
    return suite, judgements, cells, question


def seed(valid_loss):
    return SeedResult(0, {}, 1, 1.0, 1.0, valid_loss=valid_loss)


def judged(task, name, mean):
    return JudgedCell(f"{task}-{name}", name, {0: mean}, 1, mean, None, None, None, 50)


@pytest.mark.slow
def test_a_family_that_is_better_on_eight_tasks_is_better_over_tasks():
    over = judge_over_tasks(*scene(8))
    assert (over.families, len(over.tasks)) == (("good", "poor"), 8)
    (pair,) = over.pairs
    assert (pair.n_tasks, pair.n_better, pair.n_worse) == (8, 8, 0)
    # All 2^8 signs: only two of them have so large a sum of ranks.
    assert pair.p_value == pytest.approx(2 / 2**8)
    assert pair.median_gap == pytest.approx(20.35)
    assert pair.better > 0.95
    assert over.mean_ranks == (1.0, 2.0)
    words = over_tasks_words(over)
    assert words[1] == "good is better than poor over tasks (p = 0.008 corrected)."
    assert len(family_rows(over)[0]) == len(FAMILY_PAIRS)
    (row,) = csv.DictReader(io.StringIO(families_csv(over)))
    assert (row["one"], row["n_better"]) == ("good", "8")


def test_too_few_tasks_say_nothing_and_that_is_said():
    over = judge_over_tasks(*scene(5))
    assert over.families == () and over.pairs == ()
    assert over_tasks_words(over) == [
        "Nothing is said over tasks: no two families stand on 6 tasks together (at most on 5), and "
        "no test over fewer can find a difference at 5 %."
    ]


@pytest.mark.slow
def test_the_largest_block_without_gaps_is_compared_and_who_is_not_in_it_is_named():
    suite, judgements, cells, question = scene(7, FAMILIES)
    for task in ("task_0", "task_1", "task_2"):
        own = judgements[task]
        judgements[task] = replace(own, cells=own.cells[:2])
    over = judge_over_tasks(suite, judgements, cells, question)
    assert over.families == ("good", "poor")
    assert over.notes == (
        "Friedman's test is of three families or more.",
        "Not on all of these tasks: rare.",
    )


def test_a_task_without_a_region_has_no_common_unit_and_is_left_out():
    suite, judgements, cells, question = scene(6)
    own = judgements["task_5"]
    judgements["task_5"] = replace(own, question=replace(own.question, region=None))
    over = judge_over_tasks(suite, judgements, cells, question)
    assert over.notes[1] == (
        "task_5 is left out: the question names no region of practical equivalence for it."
    )
