"""Families over tasks, made up for tests."""

import numpy as np

from seqarena.significance.task_scores import TaskScores


def over_tasks(scores, higher_is_better=True, regions=None):
    scores = np.asarray(scores, dtype=np.float64)
    n_tasks, n_families = scores.shape
    return TaskScores(
        scores=scores,
        tasks=tuple(f"task-{place}" for place in range(n_tasks)),
        families=tuple("abcdefgh"[:n_families]),
        higher_is_better=(higher_is_better,) * n_tasks,
        regions=tuple(regions or [1.0] * n_tasks),
    )


def beside_nothing(gaps):
    """Scores of two families with these gaps."""
    return over_tasks(np.stack([gaps, np.zeros(len(gaps))], axis=1))
