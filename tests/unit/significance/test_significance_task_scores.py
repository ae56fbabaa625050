from dataclasses import replace

import numpy as np
import pytest

from seqarena.errors import DataError
from task_scenes import over_tasks


def test_gaps_of_unlike_metrics_are_counted_in_what_matters_there():
    # Accuracies and BLEU: a region of .01 and of 1. Each gap is two regions.
    scores = over_tasks([[0.52, 0.5]] * 3 + [[30, 28]] * 3, regions=[0.01] * 3 + [1.0] * 3)
    assert scores.gaps(0, 1) == pytest.approx([2.0] * 6)


def test_an_infinite_gap_is_wider_than_all_others_together():
    scores = np.array([[3.0, 1], [-np.inf, 1], [-np.inf, -np.inf], [2, -np.inf]])
    gaps = over_tasks(scores).gaps(0, 1)
    assert gaps[[0, 2]].tolist() == [2.0, 0.0]
    assert gaps[3] == -gaps[1] > 2 + 2


def test_a_cell_without_a_score_is_named():
    scores = over_tasks([[1, np.nan, 2], [1, 2, 3], [np.nan, 1, 2]])
    assert scores.missing == (("b", "task-0"), ("a", "task-2"))
    assert scores.is_complete.tolist() == [False, True, False]
    assert scores.gaps(0, 1).tolist() == [-1.0]


GOOD = over_tasks([[3, 2, 1]] * 6)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"tasks": ("one",)},
            "scores of shape (6, 3) with 1 tasks, 3 families, 6 directions and 6 regions; each "
            "task needs a row, a direction and a region, each family a column.",
        ),
        (
            {"regions": (1.0, 0.0, 1.0, 1.0, 1.0, 1.0)},
            "task 'task-1' has the region 0.0; it must be the largest difference that does not "
            "matter, above 0, in the unit of the task's metric.",
        ),
        (
            {"scores": np.array([[1.0, np.nan, 2.0]] * 6)},
            "family 'b' has no score on any task; leave it out.",
        ),
    ],
)
def test_scores_that_do_not_fit_are_refused(change, message):
    with pytest.raises(DataError) as caught:
        replace(GOOD, **change)
    assert str(caught.value) == message
