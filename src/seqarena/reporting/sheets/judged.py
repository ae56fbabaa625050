"""Pair by pair: experiments of a task, and families over all tasks, as tables."""

from collections.abc import Sequence

from seqarena.reporting.judgement import JudgedPair, TaskJudgement
from seqarena.reporting.judgement_tables import ABOUT_PAIRS, PAIRS, judged_pair_rows, pairs_csv
from seqarena.reporting.over_tasks import (
    ABOUT_FAMILIES,
    FAMILY_PAIRS,
    JudgedFamilies,
    OverTasks,
    families_csv,
    family_rows,
)
from seqarena.reporting.ranking import Table
from seqarena.reporting.sheets.sheet import Column, Sheet, Value

JUDGED = "pairs"
"""Name of the table of a task's pairs."""

_Sort = float | int | str | None


def judged_pairs_sheet(table: Table) -> Sheet | None:
    """Return every pair of a task that was asked for; None where none was."""
    judgement = table.task.judgement
    if judgement is None or not judgement.pairs:
        return None
    rows = judged_pair_rows(judgement)
    columns = _columns(PAIRS, rows, [_of_pair(pair) for pair in judgement.pairs])
    return Sheet(
        JUDGED, "Pair by pair", columns, (), ABOUT_PAIRS, _is_long(judgement), pairs_csv(judgement)
    )


def families_sheet(over: OverTasks) -> Sheet | None:
    """Return every pair of families that stand on enough tasks; None where none do."""
    if not over.pairs:
        return None
    columns = _columns(FAMILY_PAIRS, family_rows(over), [_of_families(each) for each in over.pairs])
    return Sheet(
        "over-tasks",
        "Families over all tasks",
        columns,
        about=ABOUT_FAMILIES,
        csv=families_csv(over),
    )


def _is_long(judgement: TaskJudgement) -> bool:
    return len(judgement.pairs) > 10


def _of_pair(pair: JudgedPair) -> dict[str, _Sort]:
    """Return what the columns of numbers are sorted by."""
    return {"gain": pair.value, "p, corrected": pair.corrected, "effect size": pair.effect_size}


def _of_families(pair: JudgedFamilies) -> dict[str, _Sort]:
    return {
        "tasks": pair.n_tasks,
        "first better on": pair.n_better,
        "second better on": pair.n_worse,
        "median gap": pair.median_gap,
        "p, corrected": pair.corrected,
    }


def _columns(
    head: Sequence[str], rows: Sequence[Sequence[str]], sorts: Sequence[dict[str, _Sort]]
) -> tuple[Column, ...]:
    columns = []
    for place, title in enumerate(head):
        is_number = title in sorts[0]
        values = [
            Value(row[place], _sort(sort, title) if is_number else row[place])
            for row, sort in zip(rows, sorts, strict=True)
        ]
        columns.append(Column(title, "", is_number, tuple(values)))
    return tuple(columns)


def _sort(sort: dict[str, _Sort], title: str) -> float | str:
    found = sort[title]
    return float(found) if isinstance(found, int | float) else ""
