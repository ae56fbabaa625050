"""What a cell means: text, words, a label. What it is not, is refused by its place."""

import math
from typing import Literal, NoReturn

from seqarena.data.own.table import Cell, Table
from seqarena.errors import DataError

InputUnit = Literal["character", "word", "numbers"]
"""What a step of an input is."""
Symbols = str | tuple[str, ...]
"""The symbols of a text: a string is a sequence of characters."""


_LIKE_MISSING = {"#n/a", "#na", "-nan", "<na>", "n/a", "na", "nan", "none", "null"}
"""What pandas reads as a missing value, in small letters."""


class MissingCellError(DataError):
    """A cell that is needed is empty."""


def text_of(table: Table, row: int, column: str) -> str:
    """Return a cell as it stands, which must be text.

    Raises:
        MissingCellError: it is empty.
        DataError: it is something else, or holds what no text does.
    """
    cell = present(table, row, column)
    if not isinstance(cell, str):
        refuse(table, row, column, cell, "text")
    return _clean(cell, table, row, column)


def name_of(table: Table, row: int, column: str) -> str:
    """Return a cell as a name (of a class, of a group): text, a whole number, or a truth value.

    White space around it does not count.

    Raises:
        MissingCellError: it is empty.
        DataError: it is something else: a fraction is no name.
    """
    cell = present(table, row, column)
    if isinstance(cell, float) and math.isnan(cell):
        _miss(table, row, column)
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if not isinstance(cell, str | int):
        refuse(table, row, column, cell, "a name: text, or a whole number")
    return _clean(str(cell), table, row, column).strip()


def label_of(table: Table, row: int, column: str) -> str:
    """Return a cell as the name of a class; what looks like a missing value must be said to be one.

    Raises:
        MissingCellError: it is empty, or holds one of the table's missing values.
        DataError: as `name_of`; or it is `NA`, `NaN`, `null` or the like, and nobody has said
            whether that is a class.
    """
    name = name_of(table, row, column)
    if table.spelling.missing_values is None and name.casefold() in _LIKE_MISSING:
        raise DataError(
            f"{table.where(row, column)}: {name!r} is how many programs write a missing value, and "
            f"would be a class here; set `missing_values: ['{name}']` if it says that the label is "
            "missing (`missing: drop` then leaves such rows out), or `missing_values: []` if it is "
            "the name of a class."
        )
    return name


def symbols_of(table: Table, row: int, column: str, unit: InputUnit) -> Symbols:
    """Return the characters of a cell, or its words: those between white space, or its entries.

    Raises:
        MissingCellError: it is empty.
        DataError: it is neither text nor, for words, a list of texts.
    """
    if unit == "character":
        return text_of(table, row, column)
    cell = present(table, row, column)
    if not isinstance(cell, list):
        return tuple(text_of(table, row, column).split())
    for word in cell:
        if not isinstance(word, str) or not word.strip():
            refuse(table, row, column, word, "a list of words")
    return tuple(_clean(word, table, row, column) for word in cell)


def names_of(table: Table, row: int, column: str) -> tuple[str, ...]:
    """Return the names (tags) in a cell: those between white space, or the entries of a list.

    Raises:
        MissingCellError: it is empty.
        DataError: it is something else.
    """
    cell = present(table, row, column)
    if not isinstance(cell, list):
        return tuple(name_of(table, row, column).split())
    for each in cell:
        if isinstance(each, bool) or not isinstance(each, str | int) or not str(each).strip():
            refuse(table, row, column, each, "a list of names")
    return tuple(_clean(str(each), table, row, column).strip() for each in cell)


def present(table: Table, row: int, column: str) -> Cell:
    """Return a cell as it is.

    Raises:
        MissingCellError: it is empty, or holds one of the table's missing values.
    """
    cell = table.columns[column][row]
    if cell is None or (isinstance(cell, str | list) and not len(cell)):
        _miss(table, row, column)
    if isinstance(cell, str) and cell.strip() in ("", *(table.spelling.missing_values or ())):
        _miss(table, row, column)
    return cell


def _miss(table: Table, row: int, column: str) -> NoReturn:
    raise MissingCellError(
        f"{table.where(row, column)}: is empty, and is needed; fill it, or set `missing: drop` to "
        "leave such rows out."
    )


def _clean(text: str, table: Table, row: int, column: str) -> str:
    """Refuse the two things that a JSON string can spell and a text cannot hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(
            f"{table.where(row, column)}: holds half of a surrogate pair, which is no character; "
            "repair it."
        ) from None
    if "\0" in text:
        raise DataError(f"{table.where(row, column)}: holds a NUL character; take it out.")
    return text


def refuse(
    table: Table,
    row: int,
    column: str,
    value: Cell,
    expected: str,
    remedy: str = "repair the cell, or map another column",
) -> NoReturn:
    """Refuse a cell, or a part of it.

    Raises:
        DataError: with its place, what came, what was expected, and what to do.
    """
    raise DataError(
        f"{table.where(row, column)}: {ascii(value)[:60]}, expected {expected}; {remedy}."
    )
