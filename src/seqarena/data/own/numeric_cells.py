"""Cells that are numbers, or lists of them; text may spell either."""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NoReturn

import numpy as np
from jaxtyping import Float

from seqarena.data.own.cells import present, refuse
from seqarena.data.own.table import Cell, Table
from seqarena.errors import DataError

Frames = Float[np.ndarray, "steps dim"]

_DECIMAL_COMMA = re.compile(r"[+-]?[0-9.]*,[0-9]+([eE][+-]?[0-9]+)?")


@dataclass(frozen=True)
class _Complaint:
    """What is said of a cell that is no number."""

    table: Table
    row: int
    column: str
    expected: str

    @property
    def has_commas(self) -> bool:
        """Whether text spells numbers with a decimal comma."""
        return self.table.spelling.decimal == ","

    def __call__(self, value: Cell) -> NoReturn:
        refuse(self.table, self.row, self.column, value, self.expected, self._remedy(value))

    def _remedy(self, value: Cell) -> str:
        text = value.strip() if isinstance(value, str) else ""
        if self.has_commas and "." in text:
            return (
                "`decimal` is ',', so a number holds no point: take points between thousands out, "
                "or set `decimal: '.'`"
            )
        if not self.has_commas and _DECIMAL_COMMA.fullmatch(text):
            return (
                "if that is a decimal comma, set `decimal: ','` (numbers of a list then stand "
                "apart by spaces); if it stands between numbers, put them into square brackets"
            )
        return "repair the cell, or map another column"


def number_of(table: Table, row: int, column: str) -> float:
    """Return a cell as a finite number; text may spell it.

    Raises:
        MissingCellError: it is empty.
        DataError: it is no number, or not finite.
    """
    expected = "a finite number"
    return _number(present(table, row, column), _Complaint(table, row, column, expected))


def frames_of(table: Table, row: int, columns: Sequence[str]) -> Frames:
    """Return the numbers of a row, a step each.

    One column: a list of numbers (one a step), or a list of steps, each a list of as many numbers.
    Several columns: a list of numbers in each, which are of one length, and stand side by side.
    Text may spell a list, as JSON does, or with spaces between numbers.

    Raises:
        MissingCellError: a cell is empty.
        DataError: it is something else, or a number is not finite.
    """
    lists = [_number_lists(table, row, column) for column in columns]
    for column, each in zip(columns, lists, strict=True):
        if len(each) != len(lists[0]):
            raise DataError(
                f"{table.where(row, column)}: {len(each)} steps, and {len(lists[0])} in column "
                f"{columns[0]!r}; all columns of an input are of one length."
            )
    return np.concatenate(lists, axis=1)


def _number_lists(table: Table, row: int, column: str) -> Frames:
    expected = "a list of finite numbers, or of equally long lists of them"
    complain = _Complaint(table, row, column, expected)
    steps = _spelled(present(table, row, column), complain)
    if not isinstance(steps, list) or not steps:
        complain(steps)
    rows = [each if isinstance(each, list) else [each] for each in steps]
    if not rows[0] or any(len(each) != len(rows[0]) for each in rows):
        complain(steps)
    numbers = [[_number(value, complain) for value in each] for each in rows]
    return np.asarray(numbers, dtype=np.float32).reshape(len(rows), -1)


def _spelled(cell: Cell, complain: _Complaint) -> Cell:
    if not isinstance(cell, str):
        return cell
    if not cell.lstrip().startswith("["):
        return cell.split()
    if complain.has_commas:
        # JSON would take [3,14] for two numbers.
        where = complain.table.where(complain.row, complain.column)
        raise DataError(
            f"{where}: {ascii(cell)[:60]} is a list in square brackets, whose numbers have decimal "
            "points, and `decimal` is ','; write the numbers with spaces between and no brackets, "
            "or set `decimal: '.'`."
        )
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        complain(cell)


def _number(value: Cell, complain: _Complaint) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        complain(value)
    if complain.has_commas and isinstance(value, str) and "." in value:
        complain(value)
    try:
        number = float(_with_point(value) if complain.has_commas else value)
    except (ValueError, OverflowError):
        complain(value)
    # Frames are of 32 bits: what is finite here must be so there.
    if not math.isfinite(number) or abs(number) > float(np.finfo(np.float32).max):
        complain(value)
    return number


def _with_point(value: str | float | Decimal) -> str | float | Decimal:
    return value.replace(",", ".") if isinstance(value, str) else value
