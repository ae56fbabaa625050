"""Every two families over all tasks that both have: Wilcoxon's test, and Bayes' answer."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float

from seqarena.seeds import derive_seed
from seqarena.significance.corrections import holm
from seqarena.significance.estimate import Unknown
from seqarena.significance.task_scores import TaskScores
from seqarena.wording import counted

MIN_TASKS = 6
"""Fewest tasks: the smallest two-sided p-value of five is 2 / 2^5 = .0625."""

_N_DRAWS = 4_000
"""Draws of the posterior: its shares are within .02."""


@dataclass(frozen=True)
class TaskPair:
    """Two families over the tasks that have a score of both."""

    one: str
    other: str
    n_tasks: int
    n_better: int
    """Tasks on which the first is better, by however little."""
    n_worse: int
    median_gap: float
    """By how much the first is better on the middle task, in regions of practical equivalence."""
    p_value: float | Unknown
    """Wilcoxon's signed ranks of the gaps, two-sided."""
    corrected: float | Unknown
    """The same after Holm's correction over all pairs that were tested."""
    shares: tuple[float, float, float] | Unknown
    """Probability that the first is better, both are equal in practice, the first is worse."""


def task_pairs(scores: TaskScores, seed: int = 0) -> tuple[TaskPair, ...]:
    """Compare every two families over the tasks that both have.

    Wilcoxon's signed ranks (1945) after Benavoli et al. (2016), who show that Nemenyi's ranks make
    the answer for two families depend on the others. Gaps are in regions of practical equivalence,
    so that those of unlike metrics can be ranked. Its null: gaps lie evenly about 0. Gaps of 0 are
    ranked and their ranks left out (Pratt 1959). The probabilities are of the Bayesian signed-rank
    test (Benavoli et al. 2014), by baycomp, with that region. `seed` is of its draws.
    """
    indices = list(combinations(range(len(scores.families)), 2))
    gaps = [scores.gaps(*pair) for pair in indices]
    p_values = [_wilcoxon(each) for each in gaps]
    tested = [np.nan if isinstance(each, Unknown) else each for each in p_values]
    return tuple(
        TaskPair(
            one=scores.families[one],
            other=scores.families[other],
            n_tasks=len(own),
            n_better=int((own > 0).sum()),
            n_worse=int((own < 0).sum()),
            median_gap=float(np.median(own)) if len(own) else np.nan,
            p_value=p_value,
            corrected=p_value if isinstance(p_value, Unknown) else corrected,
            shares=_shares(own, derive_seed(seed, "tasks", one, other) % 2**32),
        )
        for (one, other), own, p_value, corrected in zip(
            indices, gaps, p_values, holm(tested), strict=True
        )
    )


def too_few_tasks(n_tasks: int) -> Unknown:
    """Return the reason why so few tasks tell nothing."""
    return Unknown(
        "too few tasks",
        f"There {'is' if n_tasks == 1 else 'are'} {counted(n_tasks, 'task')} with a score of both; "
        f"no test over fewer than {MIN_TASKS} can find a difference at 5 %.",
    )


def _wilcoxon(gaps: Float[np.ndarray, "_"]) -> float | Unknown:
    if len(gaps) < MIN_TASKS:
        return too_few_tasks(len(gaps))
    if not gaps.any():
        return 1.0
    # Imported here: scipy's statistics take a good part of a second.
    from scipy.stats import wilcoxon

    return float(wilcoxon(gaps, zero_method="pratt").pvalue)


def _shares(gaps: Float[np.ndarray, "_"], seed: int) -> tuple[float, float, float] | Unknown:
    if len(gaps) < MIN_TASKS:
        return too_few_tasks(len(gaps))
    # Imported here: few callers need it.
    from baycomp.multiple import SignedRankTest

    posterior = SignedRankTest(
        gaps, np.zeros_like(gaps), rope=1.0, nsamples=_N_DRAWS, random_state=seed
    )
    better, equal, worse = map(float, posterior.probs())
    return better, equal, worse
