"""Every suite of the project can be read, and says what it is."""

from pathlib import Path

import pytest

from seqarena.experiment.question import read_asked
from seqarena.experiment.suite_workspace import suite_names
from seqarena.experiment.suites import read_card

ROOT = Path(__file__).parents[2]
NAMES = suite_names(ROOT)


def test_the_suites_that_are_promised_are_there():
    promised = {"published", "recommendation", "speech", "synthetic", "text", "vision"}
    assert promised <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_is_read_and_describes_itself(name):
    card = read_card(ROOT, name)
    suite, question = read_asked(ROOT / "pipelines" / "suites" / f"{name}.yaml")
    trials = sum(each.budget.trials or 0 for each in suite.experiments.values())
    assert card.n_fits == len(suite.experiments) * len(suite.seeds) + trials
    assert card.describe().startswith(f"{name}: {card.about.title}\n")
    used = {experiment.task_name for experiment in suite.experiments.values()}
    assert used == set(suite.tasks) == set(card.tasks), "a task of the suite has no experiment"
    regions = {task for task, own in question.tasks.items() if own.metric and own.region}
    assert regions == used, "the question names no metric or region for a task"
