"""The comparison as Markdown that reads well in a README."""

import re
from collections.abc import Iterable, Sequence

from seqarena.reporting import formatting
from seqarena.reporting.names import stem_of
from seqarena.reporting.places import FIGURES, figure_name
from seqarena.reporting.sections import Section
from seqarena.reporting.sheets.sheet import Sheet
from seqarena.reporting.whole import Whole


def markdown(whole: Whole) -> str:
    """Return the whole report. Links lead to `figures/` beside it."""
    lines = ["# Comparison", ""]
    lines += [f"- {plain(name)}: {plain(value)}" for name, value in whole.facts.items()]
    lines += ["", "Every task at a glance:", "", *sheet_lines(whole.overview)]
    lines += ["", "What may be concluded:", ""]
    lines += [f"- {plain(each.task.name)}: {plain(each.verdict)}" for each in whole.sections]
    for chart in whole.charts:
        lines += ["", f"![{plain(chart.title)}]({FIGURES}/{figure_name('', chart)}.png)"]
    for section in whole.sections:
        lines += ["", f"## {plain(section.task.name)}", "", *_section(section)]
    if whole.over_tasks is not None:
        lines += ["", "## Over all tasks", "", plain(" ".join(whole.words))]
        for sheet in whole.sheets[1:]:
            lines += ["", *sheet_lines(sheet), "", sheet.about]
    return "\n".join(lines) + "\n"


def sheet_lines(sheet: Sheet) -> list[str]:
    """Return a table as lines of Markdown; the best row is set in bold, references in italics."""
    rule = ["--:" if column.is_number else ":--" for column in sheet.columns]
    body = [_row(sheet, index, row) for index, row in enumerate(sheet.texts())]
    lines = [[plain(column.title) for column in sheet.columns], rule, *body]
    return [f"| {' | '.join(line)} |" for line in lines]


def markdown_table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table of words."""
    lines = [titles, [":--"] * len(titles), *(list(map(plain, row)) for row in rows)]
    return [f"| {' | '.join(line)} |" for line in lines]


def plain(text: str) -> str:
    """Keep Markdown and HTML inside a text from having any effect."""
    joined = re.sub(r"\s+", " ", text).strip()
    return re.sub(r"([\\`*\[\]<>|])", r"\\\1", joined)


def _section(section: Section) -> list[str]:
    task = section.task
    lines = [f"**{plain(section.headline)}**", ""]
    lines += [plain(task.description), ""] if task.description else []
    if told := formatting.prepared(task):
        lines += [plain(told), ""]
    if task.bound is not None:
        lines += [f"Best possible: {plain(task.bound)}.", ""]
    lines += [
        *sheet_lines(section.results),
        "",
        f"{plain(section.verdict)}",
        "",
        plain(section.caveat),
        "",
    ]
    lines += [plain(section.results.about), ""] if section.results.about else []
    lines += [f"- **{plain(name)}**: {plain(note)}" for name, note in section.notes]
    for sheet in section.sheets:
        lines += _sheet(sheet)
    lines += _pictures(section)
    for sheet in section.looking:
        lines += _sheet(sheet, section)
    if task.looking is not None and task.looking.picture is not None:
        lines += ["", f"![alignments side by side]({task.looking.picture})"]
    return lines


def _sheet(sheet: Sheet, section: Section | None = None) -> list[str]:
    looking = None if section is None else section.task.looking
    maps = f" ([the maps]({looking.page}))" if looking and sheet.name == "looking" else ""
    lines = ["", f"{plain(sheet.title)}{maps}:", "", *sheet_lines(sheet)]
    return [*lines, "", sheet.about] if sheet.about else lines


def _pictures(section: Section) -> list[str]:
    name = section.task.name
    lines = [""] if section.charts else []
    lines += [
        f"![{chart.name} on {plain(name)}]({FIGURES}/{figure_name(name, chart)}.png)"
        for chart in section.charts
    ]
    if any(row.cell.pictures for row in section.table.rows):
        lines += ["", "Where each of them looked, on the same example:", ""]
        lines += [f"![attention on {plain(name)}]({FIGURES}/{stem_of(name)}-attention.png)"]
    return lines


def _row(sheet: Sheet, index: int, row: Sequence[str]) -> list[str]:
    texts = list(map(plain, row))
    mark = {"best": "**", "reference": "*"}.get(sheet.mark(index).kind, "")
    return [f"{mark}{texts[0]}{mark}", *texts[1:]]
