"""What all tasks of a report say together: records, rows, and words."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from seqarena.reporting import formatting
from seqarena.reporting.inert import inert
from seqarena.wording import counted

FAMILY_PAIRS = (
    "first",
    "second",
    "tasks",
    "first better on",
    "second better on",
    "median gap",
    "p, corrected",
    "P(better, equal, worse)",
)
"""What `family_rows` tells, in its order."""

ABOUT_FAMILIES = (
    "A family is an entry under `families`; of several experiments of one on a task the one with "
    "the lowest validation loss stands for it. Gaps are counted in regions of practical "
    "equivalence of each task, so that unlike metrics can be ranked. p: Wilcoxon's signed ranks "
    "after Holm's correction; probabilities: the Bayesian signed-rank test with those regions."
)

_LEVEL = 0.05
_COLUMNS = (
    "one",
    "other",
    "n_tasks",
    "n_better",
    "n_worse",
    "median_gap",
    "p_value",
    "corrected",
    "better",
    "equal",
    "worse",
    "why",
)


@dataclass(frozen=True)
class JudgedFamilies:
    """Two families over the tasks that both have; None: it cannot be said."""

    one: str
    other: str
    n_tasks: int
    n_better: int
    """Tasks on which the first is better, by however little."""
    n_worse: int
    median_gap: float | None
    """How much better the first is on the middle task [regions of practical equivalence]."""
    p_value: float | None
    corrected: float | None
    better: float | None
    """Probability that the first is better in practice; then of neither; of worse."""
    equal: float | None
    worse: float | None
    why: str = ""
    """Why nothing can be said."""


@dataclass(frozen=True)
class OverTasks:
    """The families that stand on enough tasks together."""

    families: tuple[str, ...]
    """None: no two families do."""
    tasks: tuple[str, ...]
    gains: tuple[tuple[float | None, ...], ...]
    """Of each task, by family: the mean in regions of that task, more is better; None: none."""
    mean_ranks: tuple[float, ...]
    """1 is best; over the tasks with a score of every family."""
    friedman: float | None
    """Statistic of Friedman's test; None: it could not be made."""
    friedman_p_value: float | None
    pairs: tuple[JudgedFamilies, ...]
    cliques: tuple[tuple[str, ...], ...]
    """Sets of families of which no two were told apart: the bars of a critical-difference diagram.
    """
    notes: tuple[str, ...]
    """What was left out, and why; what could not be said."""


def over_tasks_words(over: OverTasks) -> list[str]:
    """Return what can be concluded over tasks, and what cannot, a sentence each."""
    if not over.families:
        return list(over.notes)
    lines = [_friedman(over), *_told_apart(over)]
    if over.mean_ranks:
        ranked = sorted(zip(over.mean_ranks, over.families, strict=True))
        lines.append(f"Mean ranks: {', '.join(f'{name} {rank:.2f}' for rank, name in ranked)}.")
    scope = (
        "Tasks are taken as a sample of tasks like these; tasks that share data count as several "
        "and are not, so the p-values are then too small."
    )
    return [*lines, *over.notes, scope]


def family_rows(over: OverTasks) -> list[tuple[str, ...]]:
    """Return a row of words for each pair of families."""
    return [
        (
            pair.one,
            pair.other,
            str(pair.n_tasks),
            str(pair.n_better),
            str(pair.n_worse),
            formatting.signed(pair.median_gap, 1),
            formatting.probability(pair.corrected),
            formatting.MISSING
            if pair.better is None
            else ", ".join(formatting.plain(v, 2) for v in (pair.better, pair.equal, pair.worse)),
        )
        for pair in over.pairs
    ]


def families_csv(over: OverTasks) -> str:
    """Return a CSV file with all numbers of each pair of families."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for pair in over.pairs:
        found = (getattr(pair, name) for name in _COLUMNS)
        writer.writerow(["" if v is None else inert(v) if isinstance(v, str) else v for v in found])
    return text.getvalue()


def _friedman(over: OverTasks) -> str:
    n = counted(len(over.tasks), "task")
    who = f"{counted(len(over.families), 'family').replace('familys', 'families')} over {n}"
    if over.friedman_p_value is None:
        return f"{who}."
    is_told = over.friedman_p_value <= _LEVEL
    found = "are not all alike" if is_told else "are not told apart as a whole"
    p_value = formatting.probability(over.friedman_p_value)
    return f"{who} {found} (Friedman {over.friedman:.1f}, p = {p_value})."


def _told_apart(over: OverTasks) -> list[str]:
    lines = []
    for pair in over.pairs:
        if pair.corrected is not None and pair.corrected <= _LEVEL and pair.median_gap:
            winner, loser = (
                (pair.one, pair.other) if pair.median_gap > 0 else (pair.other, pair.one)
            )
            p_value = formatting.probability(pair.corrected)
            lines.append(f"{winner} is better than {loser} over tasks (p = {p_value} corrected).")
    return lines or [_nothing(over.pairs)]


def _nothing(pairs: Sequence[JudgedFamilies]) -> str:
    tested = [pair for pair in pairs if pair.corrected is not None]
    return f"No two of them are told apart over tasks ({counted(len(tested), 'pair')} tested)."
