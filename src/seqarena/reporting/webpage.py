"""The comparison as one HTML file: it asks nobody for anything, and runs its own script alone."""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seqarena.charts.chart import Chart
from seqarena.charts.palette import colour_class, marker, page_style
from seqarena.charts.svg import drawing
from seqarena.reporting import formatting
from seqarena.reporting.places import FIGURES, TABLES, figure_name, sheet_name
from seqarena.reporting.ranking import Row
from seqarena.reporting.sections import Section
from seqarena.reporting.sheets.judged import JUDGED
from seqarena.reporting.sheets.sheet import Sheet
from seqarena.reporting.whole import Whole

PICTURE_BUDGET = 1_500_000
"""Bytes of attention pictures that one page holds; beyond it, the first example alone is shown, and
none where that is too much."""

SCRIPTS = ("tables.js", "charts.js", "families.js", "runs.js", "pictures.js", "start.js")
"""In the order in which they are joined."""


@dataclass(frozen=True)
class Look:
    """One attention picture, as a data URI."""

    name: str
    family: str
    probe: int
    image: str


def webpage(whole: Whole) -> str:
    """Return the page. Texts of the records are escaped; the one script is named by its hash."""
    environment = Environment(
        loader=PackageLoader("seqarena.reporting", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    script = _script()
    n_probes = _n_probes(whole.sections)
    return environment.get_template("comparison.html.jinja").render(
        facts=whole.facts,
        overview=[_sheet("", sheet) for sheet in whole.sheets],
        words=whole.words,
        charts=[_chart("", chart) for chart in whole.charts],
        sections=[_section(section, n_probes) for section in whole.sections],
        families=sorted({row.cell.family for s in whole.sections for row in s.table.rows}),
        has_runs=any(row.cell.runs for s in whole.sections for row in s.table.rows),
        # Markup: files of this package, not data.
        style=Markup(page_style() + _own("page.css")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _section(section: Section, n_probes: int) -> dict[str, Any]:
    name, looking = section.task.name, section.task.looking
    looks = _looks(section.table.rows, n_probes)
    return {
        "task": section.task,
        "headline": section.headline,
        "prepared": formatting.prepared(section.task),
        "results": _sheet(name, section.results),
        "verdict": section.verdict,
        "caveat": section.caveat,
        "notes": section.notes,
        "judged": [_sheet(name, sheet) for sheet in section.sheets if sheet.name == JUDGED],
        "sheets": [_sheet(name, sheet) for sheet in section.sheets if sheet.name != JUDGED],
        "looking": [_sheet(name, sheet) for sheet in section.looking],
        "looking_page": None if looking is None else looking.page,
        "looking_picture": None if looking is None else looking.picture,
        "legend": [_entry(section, row) for row in section.table.rows if _is_drawn(section, row)],
        "charts": [_chart(name, chart) for chart in section.charts],
        "looks": looks,
        "n_probes": 1 + max((look.probe for look in looks), default=0),
        "has_pictures": any(row.cell.pictures for row in section.table.rows),
    }


def _sheet(task: str, sheet: Sheet) -> dict[str, Any]:
    name = sheet_name(task, sheet) if task else sheet.name
    lines = [
        (sheet.mark(index), [(column, column.values[index]) for column in sheet.columns])
        for index in range(sheet.n_rows)
    ]
    return {"sheet": sheet, "lines": lines, "csv": f"{TABLES}/{name}.csv"}


def _chart(task: str, chart: Chart) -> dict[str, Any]:
    # Markup: made by `drawing`, which escapes every text.
    file = f"{FIGURES}/{figure_name(task, chart)}"
    own = [(colour_class(s.look.colour), marker(s.look.marker), s.label) for s in chart.series]
    legend = own if not task and not chart.y.categories else []
    return {"chart": chart, "svg": Markup(drawing(chart)), "file": file, "legend": legend}


def _is_drawn(section: Section, row: Row) -> bool:
    drawn = {series.key for chart in section.charts for series in chart.series}
    return row.cell.experiment in drawn


def _entry(section: Section, row: Row) -> dict[str, str]:
    """Return an experiment's button in the legend."""
    look = section.looks[row.cell.experiment]
    return {
        "series": row.cell.experiment,
        "family": row.cell.family,
        "label": row.label,
        "colour": colour_class(look.colour),
        "marker": marker(look.marker),
    }


def _looks(rows: tuple[Row, ...], n_probes: int) -> list[Look]:
    """Order the pictures by example, so that those to be compared stand together."""
    return [
        Look(row.label, row.cell.family, probe, _uri(row.cell.pictures[probe].read_bytes()))
        for probe in range(n_probes)
        for row in rows
        if probe < len(row.cell.pictures)
    ]


def _n_probes(sections: Iterable[Section]) -> int:
    """Return of how many examples the page has room for pictures."""
    pictures = [row.cell.pictures for section in sections for row in section.table.rows]
    most = max(map(len, pictures), default=0)
    for n in (most, 1):
        size = sum(path.stat().st_size for own in pictures for path in own[:n])
        if size <= PICTURE_BUDGET:
            return n
    return 0


def _uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"


@cache
def _script() -> str:
    # One block: names stay out of the window, and two functions of one name are an error.
    return "\n".join(('"use strict";', "{", *map(_own, SCRIPTS), "}"))


@cache
def _own(name: str) -> str:
    return files("seqarena.reporting").joinpath("page", name).read_text(encoding="utf-8")
