"""Comparing where two experiments look: tables in the terminal, a page, and every row."""

import math
from collections.abc import Iterator

from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_pairs import compare_families
from seqarena.attribution.comparison.further_tables import further_tables
from seqarena.attribution.comparison.pair_page import (
    PairReport,
    gap_table,
    numbers_table,
    pair_page,
    pair_report,
    picked_table,
)
from seqarena.attribution.comparison.row_table import row_table
from seqarena.attribution.store.parquet import table_content
from seqarena.attribution.viewer.page import write_page
from seqarena.attribution.viewer.viewed import ViewedTable
from seqarena.errors import DataError
from seqarena.experiment.evaluated import find_evaluated
from seqarena.experiment.layout import Workspace
from seqarena.experiment.stored_maps import read_family

REPORT_FILE = "report.html"
ROWS_FILE = "comparison.parquet"
_WIDEST = 28
"""Characters of a column in the terminal."""


def compare_maps(one: str, other: str, workspace: Workspace) -> Iterator[str]:
    """Compare two experiments over all their seeds; write the files, and yield the lines to print.

    Raises:
        ArtifactError: an experiment is not there, was not evaluated, or a file is altered.
        DataError: they were asked about other examples, or other things; or have no influence in
            bits.
    """
    families = _two_families(one, other, workspace)
    for family in families:
        _refuse_without_influence(family)
    report = pair_report(compare_families(families))
    folder = workspace.root / "compare" / f"{report.one.name}__{report.other.name}"
    folder.mkdir(parents=True, exist_ok=True)
    write_page(folder / REPORT_FILE, pair_page(report))
    rows = row_table(report.one, report.other, report.rows, report.picked)
    (folder / ROWS_FILE).write_bytes(table_content(rows))
    yield from _told(report)
    for name in (REPORT_FILE, ROWS_FILE):
        yield str((folder / name).relative_to(workspace.root))


def _two_families(one: str, other: str, workspace: Workspace) -> tuple[FamilyMaps, FamilyMaps]:
    """Read both; of one name (of two workspaces, or of two seeds), they are numbered."""
    found = [find_evaluated(named, workspace) for named in (one, other)]
    names = [each.name for each in found]
    if names[0] == names[1]:
        names = [f"{name}-{place + 1}" for place, name in enumerate(names)]
    first, second = (read_family(name, each.seeds) for name, each in zip(names, found, strict=True))
    return first, second


def _refuse_without_influence(family: FamilyMaps) -> None:
    if not family.has_influence:
        raise DataError(
            f"{family.name}: has no influence in bits, in which alone families can be compared "
            "(densities of frames have none); choose an experiment on symbols, labels or tags."
        )


def _told(report: PairReport) -> Iterator[str]:
    for family in (report.one, report.other):
        seeds = ", ".join(str(run.seed) for run in family.runs)
        yield f"{family.name}: seeds {seeds}, {len(family.probes)} probes"
    names = report.one.name, report.other.name
    yield from _table(gap_table(report.pair))
    yield from _table(_turned(numbers_table(names, report.numbers)))
    for table in further_tables((report.one, report.other)):
        yield from _table(_turned(table))
    yield from _table(picked_table(report))


def _turned(table: ViewedTable) -> ViewedTable:
    """Exchange rows and columns: a terminal has more lines than characters."""
    lines = tuple(zip(table.head, *table.rows, strict=True))
    head = tuple(map(str, lines[0]))
    return ViewedTable(table.title, head, lines[1:], table.note)


def _table(table: ViewedTable) -> Iterator[str]:
    rows = [table.head, *(tuple(map(_shown, row)) for row in table.rows)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    yield ""
    yield table.title
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
    yield table.note


def _shown(value: str | float) -> str:
    if isinstance(value, str):
        text = value.encode("unicode_escape").decode() if not value.isprintable() else value
        return text if len(text) <= _WIDEST * 2 else text[: _WIDEST * 2 - 1] + "…"
    return "–" if math.isnan(value) else f"{value:.4g}"
