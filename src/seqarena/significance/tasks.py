"""All families over all tasks: is any different, which, and which cannot be told apart."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seqarena.errors import DataError
from seqarena.significance.estimate import Unknown
from seqarena.significance.task_pairs import MIN_TASKS, TaskPair, task_pairs, too_few_tasks
from seqarena.significance.task_scores import TaskScores

_LEVEL = 0.05


@dataclass(frozen=True)
class Friedman:
    """Friedman's test of all families at once."""

    statistic: float
    dof: int
    p_value: float


@dataclass(frozen=True)
class TaskComparison:
    """What all tasks together say, and what a critical-difference diagram draws."""

    families: tuple[str, ...]
    complete: tuple[str, ...]
    """Tasks with a score of every family: Friedman's test and the mean ranks use these alone."""
    missing: tuple[tuple[str, str], ...]
    """Family and task of each cell without a score."""
    friedman: Friedman | Unknown
    mean_ranks: tuple[float, ...] | Unknown
    """Of each family; 1 is best, equal scores share their ranks."""
    pairs: tuple[TaskPair, ...]
    cliques: tuple[tuple[str, ...], ...]
    """Largest sets of families of which no two were told apart, at 5 % after Holm."""
    nemenyi: Float[np.ndarray, "family family"] | Unknown
    """p-values of Nemenyi's test, beside Wilcoxon's and not instead."""


def compare_over_tasks(scores: TaskScores, seed: int = 0) -> TaskComparison:
    """Compare families over tasks: Friedman, then Wilcoxon with Holm, and Bayes' shares.

    After Demsar (2006), with Wilcoxon's test in place of Nemenyi's (Benavoli et al. 2016). A family
    without a score on a task takes no part in that task: pairs use the tasks that both have, and
    the tests of all families those that all have. Friedman's null: on every task each order of the
    families is as likely. `seed` is of the Bayesian draws.

    Raises:
        DataError: there are fewer than two families.
    """
    if len(scores.families) < 2:
        raise DataError(f"{scores.families} is no comparison; at least two families are needed.")
    complete = scores.is_complete
    gains = scores.gains[complete]
    pairs = task_pairs(scores, seed)
    return TaskComparison(
        families=scores.families,
        complete=tuple(task for task, each in zip(scores.tasks, complete, strict=True) if each),
        missing=scores.missing,
        friedman=_friedman(gains),
        mean_ranks=_mean_ranks(gains),
        pairs=pairs,
        cliques=_cliques(scores.families, pairs),
        nemenyi=_nemenyi(gains),
    )


def _friedman(gains: Float[np.ndarray, "task family"]) -> Friedman | Unknown:
    n_tasks, n_families = gains.shape
    if n_families < 3:
        return Unknown("too few families", "Friedman's test is of three families or more.")
    if n_tasks < MIN_TASKS:
        return too_few_tasks(n_tasks)
    if (gains == gains[:, :1]).all():
        return Friedman(0.0, n_families - 1, 1.0)
    # Imported here: scipy's statistics take a good part of a second.
    from scipy.stats import friedmanchisquare

    found = friedmanchisquare(*gains.T)
    return Friedman(float(found.statistic), n_families - 1, float(found.pvalue))


def _mean_ranks(gains: Float[np.ndarray, "task family"]) -> tuple[float, ...] | Unknown:
    if not len(gains):
        return too_few_tasks(0)
    from scipy.stats import rankdata

    return tuple(float(each) for each in rankdata(-gains, axis=1).mean(axis=0))


def _nemenyi(
    gains: Float[np.ndarray, "task family"],
) -> Float[np.ndarray, "family family"] | Unknown:
    if len(gains) < MIN_TASKS:
        return too_few_tasks(len(gains))
    # Imported here: it brings pandas and matplotlib along.
    from scikit_posthocs import posthoc_nemenyi_friedman

    return np.asarray(posthoc_nemenyi_friedman(gains), dtype=np.float64)


def _cliques(families: tuple[str, ...], pairs: tuple[TaskPair, ...]) -> tuple[tuple[str, ...], ...]:
    """Return the largest sets without a pair that was told apart; two families at least."""
    # Imported here: only this needs it.
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(families)
    graph.add_edges_from(
        (pair.one, pair.other)
        for pair in pairs
        if isinstance(pair.corrected, Unknown) or pair.corrected > _LEVEL
    )
    found = [tuple(sorted(each, key=families.index)) for each in nx.find_cliques(graph)]
    return tuple(sorted(each for each in found if len(each) > 1))
