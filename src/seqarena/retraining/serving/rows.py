"""Rows of a request, as inputs; whatever is wrong with one names it."""

import math
from typing import Any

import numpy as np
import pandas as pd

from seqarena.answering.own_input import FRAMES, TARGET, TEXT, TOKENS, OwnInput
from seqarena.errors import DataError


def inputs_in(data: pd.DataFrame) -> list[OwnInput]:
    """Return the input of each row.

    Raises:
        DataError: a cell is of another type than its column; names the row (from 0) and the step.
    """
    columns = {name: data[name].tolist() for name in data.columns}
    rows = [
        {name: cells[row] for name, cells in columns.items() if not _is_missing(cells[row])}
        for row in range(len(data))
    ]
    return [_input(row, cells) for row, cells in enumerate(rows)]


def _input(row: int, cells: dict[str, Any]) -> OwnInput:
    tokens, frames = cells.get(TOKENS), cells.get(FRAMES)
    return OwnInput(
        text=_text(row, TEXT, cells.get(TEXT)),
        target=_text(row, TARGET, cells.get(TARGET)),
        tokens=None if tokens is None else _tokens(row, tokens),
        frames=None if frames is None else _frames(row, frames),
    )


def _text(row: int, name: str, cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    raise DataError(
        f"row {row}: {name}: {_kind(cell)} came; expected a string. Several rows are sent as "
        '{"dataframe_records": [{...}, ...]}.'
    )


def _tokens(row: int, cell: Any) -> list[int]:
    values = _listed(row, TOKENS, cell, "whole numbers")
    for step, value in enumerate(values):
        if isinstance(value, bool) or not isinstance(value, int | np.integer):
            raise DataError(
                f"row {row}: tokens, step {step}: {_kind(value)} came; expected a whole number."
            )
    return [int(value) for value in values]


def _frames(row: int, cell: Any) -> np.ndarray:
    steps = _listed(row, FRAMES, cell, "steps, each a list of numbers")
    try:
        whole = np.asarray(steps)
    except ValueError:  # steps of unequal lengths
        whole = np.empty(0, dtype=object)
    if whole.dtype.kind in "iuf":
        return whole.astype(np.float64)
    width = None
    for step, frame in enumerate(steps):
        numbers = _listed(row, f"frames, step {step}", frame, "numbers")
        width = len(numbers) if width is None else width
        _refuse_odd(f"row {row}: frames, step {step}", numbers, width)
    return np.zeros((0, 0))


def _refuse_odd(where: str, numbers: list[Any], width: int) -> None:
    for place, number in enumerate(numbers):
        if isinstance(number, bool) or not isinstance(number, int | float | np.number):
            raise DataError(f"{where}: number {place} is {_kind(number)}; expected a number.")
    if len(numbers) != width:
        raise DataError(
            f"{where}: {len(numbers)} numbers came, and the first step has {width}; each step of a "
            "task has as many."
        )


def _listed(row: int | str, name: str, cell: Any, of: str) -> list[Any]:
    if isinstance(cell, np.ndarray):
        return list(cell)
    if isinstance(cell, list | tuple):
        return list(cell)
    raise DataError(f"row {row}: {name}: {_kind(cell)} came; expected a list of {of}.")


def _kind(value: Any) -> str:
    """Name a value by what it is, shortly."""
    shown = repr(value)
    return f"{type(value).__name__} {shown if len(shown) <= 40 else f'{shown[:39]}…'}"


def _is_missing(cell: Any) -> bool:
    """Tell whether a cell is empty: null, or what pandas puts where a row lacks a field."""
    return cell is None or cell is pd.NA or (isinstance(cell, float) and math.isnan(cell))
