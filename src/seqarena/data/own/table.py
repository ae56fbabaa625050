"""A table of a user's, whatever file it came from: columns of cells, each with its place."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from seqarena.errors import DataError
from seqarena.parsing import nearest

Cell = Any
"""A string, a number, a truth value, a list of them, or None; whoever reads it refuses the rest."""

LONGEST_FIELD = 131_072
"""Characters of a text, or entries of a list, that a cell may hold."""


DecimalMark = Literal[".", ","]


@dataclass(frozen=True)
class Spelling:
    """How a file spells what no standard fixes."""

    decimal: DecimalMark = "."
    """What stands before the fraction of a number that a text spells."""
    missing_values: tuple[str, ...] | None = None
    """Texts that say that a cell is empty. None: nobody has said which do."""


@dataclass(frozen=True)
class Table:
    """The columns of a file, and where each of its rows stands in it."""

    path: Path
    noun: str
    """What the file counts: "line", or "row"."""
    numbers: Sequence[int]
    """Line of the file on which each row begins, or its number, from 1."""
    columns: Mapping[str, Sequence[Cell]]
    spelling: Spelling = Spelling()

    def __len__(self) -> int:
        return len(self.numbers)

    def where(self, row: int, column: str | None = None) -> str:
        """Name a row, or a cell of it, in a message."""
        place = f"{self.path}, {self.noun} {self.numbers[row]}"
        return place if column is None else f"{place}, column {column!r}"


def _hint(columns: list[str]) -> str:
    """Say what to set where the one column looks like several."""
    found = [each for each in (";", "\t", "|") if len(columns) == 1 and each in columns[0]]
    return f" There is one column, with {found[0]!r} in its name: set delimiter." if found else ""


def checked_table(table: Table, wanted: Sequence[str], spelling: Spelling = Spelling()) -> Table:
    """Return the wanted columns alone, and how their cells are spelled.

    Raises:
        DataError: there is no row, columns are not there (a line for each), or a cell is absurdly
            long.
    """
    if not table.columns:
        raise DataError(f"{table.path}: is empty; put data there, or name another file.")
    names = list(table.columns)
    absent = [
        f"{table.path}: has no column {column!r}; {nearest(column, names)}{_hint(names)}"
        for column in wanted
        if column not in names
    ]
    if absent:
        raise DataError("\n".join(absent))
    if not len(table):
        raise DataError(f"{table.path}: has columns, but no row; add rows.")
    kept = {column: table.columns[column] for column in wanted}
    for column, cells in kept.items():
        for row, cell in enumerate(cells):
            if isinstance(cell, str | list) and len(cell) > LONGEST_FIELD:
                raise DataError(
                    f"{table.where(row, column)}: {len(cell)} "
                    f"{'characters' if isinstance(cell, str) else 'entries'}, expected at most "
                    f"{LONGEST_FIELD}; cut it into several rows."
                )
    return Table(table.path, table.noun, table.numbers, kept, spelling)


def refuse_doubled(path: Path, names: Sequence[str], where: str) -> None:
    """Refuse a column name that stands twice, or that is empty.

    Raises:
        DataError: with the name, and both places.
    """
    first: dict[str, int] = {}
    for at, name in enumerate(names, start=1):
        if not name.strip():
            raise DataError(f"{path}, {where}: column {at} has no name; give it one.")
        if name in first:
            raise DataError(
                f"{path}, {where}: columns {first[name]} and {at} are both named {name!r}; rename "
                "one."
            )
        first[name] = at
