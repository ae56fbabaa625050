"""The comparison as Markdown that reads well in a README."""

import re
from collections.abc import Iterable, Mapping, Sequence

from seqarena.reporting import formatting
from seqarena.reporting.columns import Column, columns_of
from seqarena.reporting.conclusions import caveat, verdict
from seqarena.reporting.judgement import TaskJudgement
from seqarena.reporting.judgement_tables import ABOUT_PAIRS, PAIRS, judged_pair_rows
from seqarena.reporting.looking import TaskLooking
from seqarena.reporting.looking_tables import (
    ABOUT_NUMBERS,
    NUMBERS_HEAD,
    PAIRS_HEAD,
    about_pairs,
    further_rows,
    number_rows,
    pair_rows,
)
from seqarena.reporting.over_tasks import (
    ABOUT_FAMILIES,
    FAMILY_PAIRS,
    OverTasks,
    family_rows,
    over_tasks_words,
)
from seqarena.reporting.ranking import Table

FIGURES = "figures"


def markdown(
    tables: tuple[Table, ...], facts: Mapping[str, str], over: OverTasks | None = None
) -> str:
    """Return the whole report. Links lead to `figures/` beside it."""
    lines = ["# Comparison", ""]
    lines += [f"- {plain(name)}: {plain(value)}" for name, value in facts.items()]
    for table in tables:
        lines += ["", f"## {plain(table.task.name)}", "", *_section(table)]
    if over is not None:
        lines += ["", "## Over all tasks", "", *_over(over)]
    return "\n".join(lines) + "\n"


def table_lines(table: Table) -> list[str]:
    """Return one task's table alone, as lines of Markdown."""
    columns = columns_of(table)
    rule = ["--:" if column.is_number else ":--" for column in columns]
    body = [_cells(columns, index) for index in range(len(table.rows))]
    lines = [[plain(column.title) for column in columns], rule, *body]
    return [f"| {' | '.join(line)} |" for line in lines]


def _section(table: Table) -> list[str]:
    task = table.task
    lines = [plain(task.description), ""] if task.description else []
    if told := formatting.prepared(task):
        lines += [plain(told), ""]
    if task.bound is not None:
        lines += [f"Best possible: {plain(task.bound)}.", ""]
    lines += [*table_lines(table), "", plain(verdict(table)), "", plain(caveat(table)), ""]
    for row in table.rows:
        notes = (*row.cell.flags, *row.cell.failures)
        lines += [f"- **{plain(row.label)}**: {plain(note)}" for note in notes]
    if task.judgement is not None and task.judgement.pairs:
        lines += _pairs(task.judgement)
    if task.published:
        lines += [
            "",
            "Beside published figures:",
            "",
            *markdown_table(formatting.BESIDE, map(formatting.beside, task.published)),
        ]
    if any(row.interval is not None for row in table.rows):
        lines += ["", f"![quality on {task.name}]({FIGURES}/{task.name}-quality.png)"]
        lines += [f"![quality against cost on {task.name}]({FIGURES}/{task.name}-cost.png)"]
    if any(row.cell.pictures for row in table.rows):
        lines += ["", "Where each of them looked, on the same example:", ""]
        lines += [f"![attention on {task.name}]({FIGURES}/{task.name}-attention.png)"]
    if task.looking is not None:
        lines += _looking(task.looking)
    return lines


def _pairs(judgement: TaskJudgement) -> list[str]:
    table = markdown_table(PAIRS, judged_pair_rows(judgement))
    return ["", "Pair by pair:", "", *table, "", ABOUT_PAIRS]


def _over(over: OverTasks) -> list[str]:
    lines = [plain(" ".join(over_tasks_words(over)))]
    if over.pairs:
        lines += ["", *markdown_table(FAMILY_PAIRS, family_rows(over)), "", ABOUT_FAMILIES]
    return lines


def _looking(looking: TaskLooking) -> list[str]:
    lines = [
        "",
        f"Mechanism against effect ([the maps]({looking.page})):",
        "",
        *markdown_table(NUMBERS_HEAD, number_rows(looking)),
        "",
        ABOUT_NUMBERS,
    ]
    for further in looking.tables:
        table = markdown_table(further.head, further_rows(further))
        lines += ["", f"{further.title}:", "", *table, "", further.note]
    if looking.picture is not None:
        lines += ["", f"![alignments side by side]({looking.picture})"]
    if looking.pairs:
        table = markdown_table(PAIRS_HEAD, pair_rows(looking))
        lines += ["", "Where every two of them look:", "", *table, "", about_pairs(looking)]
    return lines


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table of words."""
    lines = [titles, [":--"] * len(titles), *(list(map(plain, row)) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def _cells(columns: tuple[Column, ...], index: int) -> list[str]:
    """Set the first row, the best, in bold."""
    texts = [plain(column.values[index].text) for column in columns]
    if index == 0 and columns[0].values:
        texts[0] = f"**{texts[0]}**"
    return texts


def plain(text: str) -> str:
    """Keep Markdown and HTML inside a text from having any effect."""
    joined = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", joined)
