"""Which colour and which marker stand for whom, the same all over a report."""

from collections.abc import Mapping

from seqarena.charts.chart import Look
from seqarena.reporting.ranking import Row, Table

Looks = Mapping[str, Look]
"""By the name of the experiment."""


def looks_of(tables: tuple[Table, ...]) -> Looks:
    """Give each family a colour, and each of its experiments on a task a marker of its own."""
    families = list(dict.fromkeys(row.cell.family for table in tables for row in table.rows))
    families.sort()
    found: dict[str, Look] = {}
    for table in tables:
        found |= _looks(table.rows, families)
    return found


def _looks(rows: tuple[Row, ...], families: list[str]) -> dict[str, Look]:
    seen: dict[int, int] = {}
    found = {}
    for row in rows:
        colour = families.index(row.cell.family)
        found[row.cell.experiment] = Look(colour, seen.get(colour, 0))
        seen[colour] = seen.get(colour, 0) + 1
    return found
