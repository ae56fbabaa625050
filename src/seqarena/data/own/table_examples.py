"""From the rows of a table to examples."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from seqarena.data.own.cells import (
    InputUnit,
    MissingCellError,
    label_of,
    name_of,
    names_of,
    symbols_of,
    text_of,
)
from seqarena.data.own.columns import ColumnsConfig
from seqarena.data.own.example import Example
from seqarena.data.own.numeric_cells import frames_of, number_of
from seqarena.data.own.table import Table
from seqarena.data.splits import Split
from seqarena.errors import DataError

MissingPolicy = Literal["refuse", "drop"]
"""What to do with a row that lacks something: stop, or leave it out and count it."""

_SPLITS = {
    **{name: Split.TRAIN for name in ("train", "training")},
    **{name: Split.VALID for name in ("valid", "validation", "val", "dev")},
    "test": Split.TEST,
}


@dataclass(frozen=True)
class Reading:
    """How the cells of a row become an example."""

    columns: ColumnsConfig
    unit: InputUnit
    target_unit: Literal["character", "word"]
    missing: MissingPolicy


def examples_of(table: Table, reading: Reading) -> tuple[list[Example], int]:
    """Return the examples of a table, and how many were left out for a missing cell.

    Raises:
        DataError: a cell is missing (unless such rows are dropped) or is not what it should be;
            names file, line and column.
    """
    examples: list[Example] = []
    n_dropped = 0
    make = _from_row if reading.columns.sequence is None else _from_steps
    for rows in _rows_of_examples(table, reading.columns.sequence):
        try:
            examples.append(_checked(make(table, rows, reading)))
        except MissingCellError:
            if reading.missing == "refuse":
                raise
            n_dropped += 1
    return examples, n_dropped


def _rows_of_examples(table: Table, sequence: str | None) -> Iterable[list[int]]:
    if sequence is None:
        return ([row] for row in range(len(table)))
    rows: dict[str, list[int]] = {}
    for row in range(len(table)):
        # A step that does not say whose it is cannot be left out: it is missing in some sequence.
        rows.setdefault(name_of(table, row, sequence), []).append(row)
    return rows.values()


def _from_row(table: Table, rows: list[int], reading: Reading) -> Example:
    (row,) = rows
    named = reading.columns.named()
    inputs = reading.columns.inputs
    return Example(
        where=table.where(row),
        id=f"{table.path.name}:{table.numbers[row]}",
        value=frames_of(table, row, inputs)
        if reading.unit == "numbers"
        else symbols_of(table, row, inputs[0], reading.unit),
        tags=names_of(table, row, named["tags"]) if "tags" in named else None,
        **_of_the_whole(table, rows, named, reading),
    )


def _from_steps(table: Table, rows: list[int], reading: Reading) -> Example:
    named = reading.columns.named()
    inputs = reading.columns.inputs
    value: Any = tuple(text_of(table, row, inputs[0]) for row in rows if reading.unit == "word")
    if reading.unit == "numbers":
        steps = [[number_of(table, row, column) for column in inputs] for row in rows]
        value = np.asarray(steps, dtype=np.float32)
    return Example(
        where=table.where(rows[0]),
        id=f"{table.path.name}:{name_of(table, rows[0], named['sequence'])}",
        value=value,
        tags=tuple(name_of(table, row, named["tags"]) for row in rows) if "tags" in named else None,
        **_of_the_whole(table, rows, named, reading),
    )


def _of_the_whole(
    table: Table, rows: list[int], named: dict[str, str], reading: Reading
) -> dict[str, Any]:
    """Return what an example says once, however many rows it has."""
    readers: dict[str, Callable[[Table, int, str], Any]] = {
        "label": label_of,
        "target": lambda whole, row, column: symbols_of(whole, row, column, reading.target_unit),
        "group": name_of,
        "split": _split_of,
    }
    said = {
        role: _agreed(table, rows, named[role], read)
        for role, read in readers.items()
        if role in named
    }
    # The steps of a sequence may each have their time: the first is when it began.
    return said | ({"time": time_of(table, rows[0], named["time"])} if "time" in named else {})


def _agreed(
    table: Table, rows: Sequence[int], column: str, read: Callable[[Table, int, str], Any]
) -> Any:
    first = read(table, rows[0], column)
    for row in rows[1:]:
        if (other := read(table, row, column)) != first:
            raise DataError(
                f"{table.where(row, column)}: {str(other)!r}, and {str(first)!r} in {table.noun} "
                f"{table.numbers[rows[0]]} of the same sequence; all its rows say the same."
            )
    return first


def time_of(table: Table, row: int, column: str) -> float:
    """Return a number as it is, and a date in seconds since 1970 (UTC unless it says another)."""
    try:
        return number_of(table, row, column)
    except MissingCellError:
        raise
    except DataError:
        cell = table.columns[column][row]
    try:
        moment = datetime.datetime.fromisoformat(str(cell).strip())
        aware = moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
        return aware.timestamp()
    except (ValueError, OverflowError):
        raise DataError(
            f"{table.where(row, column)}: {ascii(cell)[:60]}, expected a number or a date in ISO "
            "8601, like 2024-11-05 or 2024-11-05T09:30."
        ) from None


def _split_of(table: Table, row: int, column: str) -> Split:
    name = name_of(table, row, column)
    if name.lower() not in _SPLITS:
        raise DataError(
            f"{table.where(row, column)}: {ascii(name)[:60]} is no split; expected train, valid or "
            "test."
        )
    return _SPLITS[name.lower()]


def _checked(example: Example) -> Example:
    if example.tags is not None and len(example.tags) != len(example.value):
        raise DataError(
            f"{example.where}: {len(example.tags)} tags for {len(example.value)} steps; each step "
            "needs one."
        )
    return example
