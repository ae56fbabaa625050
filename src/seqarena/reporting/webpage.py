"""The comparison as one HTML file: it asks nobody for anything, and runs its own script alone."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from seqarena.reporting import formatting
from seqarena.reporting.columns import columns_of
from seqarena.reporting.conclusions import caveat, verdict
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
from seqarena.reporting.plots import darkened
from seqarena.reporting.ranking import Row, Table

PICTURE_BUDGET = 4_000_000
"""Bytes of attention pictures that one page holds; beyond it, the first example alone is shown."""


@dataclass(frozen=True)
class Plot:
    """A plot for readers of either colour scheme, as data URIs."""

    light: str
    dark: str
    alt: str


@dataclass(frozen=True)
class Look:
    """One attention picture, as a data URI."""

    name: str
    probe: int
    image: str


def webpage(
    tables: tuple[Table, ...], facts: Mapping[str, str], plots: Mapping[str, list[bytes]]
) -> str:
    """Return the page. Texts of the records are escaped; the one script is named by its hash.

    Args:
        tables: one section each.
        facts: what stands at the head.
        plots: the SVG drawings of each task, by its name.
    """
    environment = Environment(
        loader=PackageLoader("seqarena.reporting", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    script = _own("page.js")
    every_probe = _picture_bytes(tables) <= PICTURE_BUDGET
    return environment.get_template("comparison.html.jinja").render(
        facts=facts,
        sections=[
            _section(table, plots.get(table.task.name, []), every_probe=every_probe)
            for table in tables
        ],
        # Markup: files of this package, not data.
        style=Markup(_own("page.css")),
        script=Markup(script),
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )


def _section(table: Table, plots: list[bytes], *, every_probe: bool) -> dict[str, Any]:
    columns = columns_of(table)
    looks = _looks(table.rows, every_probe=every_probe)
    return {
        "task": table.task,
        "prepared": formatting.prepared(table.task),
        "columns": columns,
        "lines": [
            [(column, column.values[index]) for column in columns]
            for index in range(len(table.rows))
        ],
        "verdict": verdict(table),
        "caveat": caveat(table),
        "notes": [(row.label, note) for row in table.rows for note in _notes(row)],
        "published": [formatting.beside(each) for each in table.task.published],
        "published_head": formatting.BESIDE,
        "looking": _looking(table.task.looking),
        "plots": [_plot(drawing, table.task.name) for drawing in plots],
        "looks": looks,
        "n_probes": 1 + max((look.probe for look in looks), default=0),
    }


def _looking(looking: TaskLooking | None) -> dict[str, Any] | None:
    if looking is None:
        return None
    return {
        "page": looking.page,
        "numbers": (NUMBERS_HEAD, number_rows(looking), ABOUT_NUMBERS),
        "pairs": (PAIRS_HEAD, pair_rows(looking), about_pairs(looking)),
        "further": [
            (each.title, (each.head, further_rows(each), each.note)) for each in looking.tables
        ],
        "picture": looking.picture,
    }


def _notes(row: Row) -> tuple[str, ...]:
    return (*row.cell.flags, *row.cell.failures)


def _plot(drawing: bytes, task: str) -> Plot:
    kind = "image/svg+xml"
    alt = f"Results on {task}; the numbers stand in the table."
    return Plot(_uri(drawing, kind), _uri(darkened(drawing), kind), alt)


def _looks(rows: tuple[Row, ...], *, every_probe: bool) -> list[Look]:
    """Order the pictures by example, so that those to be compared stand together."""
    n_probes = max((len(row.cell.pictures) for row in rows), default=0)
    return [
        Look(row.label, probe, _uri(row.cell.pictures[probe].read_bytes(), "image/png"))
        for probe in range(n_probes if every_probe else min(n_probes, 1))
        for row in rows
        if probe < len(row.cell.pictures)
    ]


def _picture_bytes(tables: tuple[Table, ...]) -> int:
    return sum(
        path.stat().st_size for table in tables for row in table.rows for path in row.cell.pictures
    )


def _uri(content: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _own(name: str) -> str:
    return files("seqarena.reporting").joinpath("page", name).read_text(encoding="utf-8")
