"""Writing the comparison in every form."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqarena.charts.chart import Chart
from seqarena.charts.png import png_of
from seqarena.charts.svg import standalone
from seqarena.reporting.cells import Cell, TaskFacts
from seqarena.reporting.contact_sheet import contact_sheet
from seqarena.reporting.details import Scale
from seqarena.reporting.markdown import markdown
from seqarena.reporting.names import stem_of
from seqarena.reporting.over_tasks import OverTasks
from seqarena.reporting.places import FIGURES, PLOTS, TABLES, figure_name, sheet_name
from seqarena.reporting.plots.ranks import ranks_chart
from seqarena.reporting.ranking import tables
from seqarena.reporting.records import comparison, plot_rows
from seqarena.reporting.sections import Section, scaling_charts, sections_of
from seqarena.reporting.sheets.csv_file import csv_text
from seqarena.reporting.sheets.headline import overview_sheet
from seqarena.reporting.sheets.sheet import Sheet
from seqarena.reporting.webpage import webpage
from seqarena.reporting.whole import Whole


def write_report(folder: Path, whole: Whole) -> list[Path]:
    """Write the report into `folder`, which is made if it is missing, and return its files.

    `comparison.json`, `comparison.md` and `comparison.html` tell the same. `figures/` holds every
    plot as SVG and PNG, and one sheet of attention pictures per task; `tables/` every table as CSV;
    `plots/` a CSV file per task for `dvc plots`. The same report gives the same bytes.
    """
    texts = {
        "comparison.json": json.dumps(comparison(whole), indent=2, allow_nan=False) + "\n",
        "comparison.md": markdown(whole),
        "comparison.html": webpage(whole),
        **{f"{PLOTS}/{stem_of(s.task.name)}.csv": plot_rows(s.table) for s in whole.sections},
        **{f"{TABLES}/{name}.csv": csv_text(sheet) for name, sheet in sheets_of(whole).items()},
    }
    files = {name: text.encode() for name, text in texts.items()}
    return [_write(folder / name, content) for name, content in (files | _figures(whole)).items()]


def whole_report(
    tasks: Iterable[TaskFacts],
    cells: Iterable[Cell],
    facts: Mapping[str, str] | None = None,
    scales: Iterable[Scale] = (),
    over_tasks: OverTasks | None = None,
) -> Whole:
    """Return all that the report tells, before it is written in any form.

    Args:
        tasks: in the order of the report; those without a cell are left out.
        cells: all experiments, in any order.
        facts: what stands at the head, such as the commit.
        scales: tasks that differ in their size alone.
        over_tasks: what all tasks say together; None: nobody asked.
    """
    found = tables(tasks, cells)
    ranks = None if over_tasks is None else ranks_chart(over_tasks)
    return Whole(
        facts=dict(facts or {}),
        sections=sections_of(found),
        overview=overview_sheet(found),
        charts=(*scaling_charts(found, scales), *(() if ranks is None else (ranks,))),
        over_tasks=over_tasks,
    )


def sheets_of(whole: Whole) -> dict[str, Sheet]:
    """Return every table of the report by its name: that of the CSV file, without the ending."""
    found = {sheet.name: sheet for sheet in whole.sheets}
    for section in whole.sections:
        found |= {sheet_name(section.task.name, sheet): sheet for sheet in section.all_sheets}
    return found


def _figures(whole: Whole) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for chart in whole.charts:
        files |= _drawn(figure_name("", chart), chart)
    for section in whole.sections:
        for chart in section.charts:
            files |= _drawn(figure_name(section.task.name, chart), chart)
        files |= _attention(section)
    return files


def _drawn(name: str, chart: Chart) -> dict[str, bytes]:
    drawing = standalone(chart)
    return {
        f"{FIGURES}/{name}.svg": drawing.encode(),
        f"{FIGURES}/{name}.png": png_of(drawing),
    }


def _attention(section: Section) -> dict[str, bytes]:
    rows = section.table.rows
    looked = [(row.label, row.cell.pictures[0]) for row in rows if row.cell.pictures]
    name = f"{FIGURES}/{stem_of(section.task.name)}-attention.png"
    return {name: contact_sheet(looked)} if looked else {}


def _write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
