"""A table as CSV that no spreadsheet takes for a formula."""

import csv
from io import StringIO

from seqarena.charts.numbers import MISSING
from seqarena.reporting.inert import inert
from seqarena.reporting.sheets.sheet import Column, Sheet, Value


def csv_text(sheet: Sheet) -> str:
    """Return the table with one line per row.

    Numbers stand in full, and their intervals in two further columns (`… low`, `… high`). A text
    that a spreadsheet would run (it begins with = + - @, a tab or a return) gets an apostrophe in
    front.
    """
    if sheet.csv:
        return sheet.csv
    columns = [each for column in sheet.columns for each in _expanded(column)]
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([inert(title) for title, _ in columns])
    writer.writerows(zip(*(cells for _, cells in columns), strict=True))
    return text.getvalue()


def _expanded(column: Column) -> list[tuple[str, list[float | str]]]:
    """Return a column, and the ends of its intervals, with their titles."""
    if not column.is_number:
        return [(column.title, [inert(value.text) for value in column.values])]
    columns: list[tuple[str, list[float | str]]] = [
        (column.title, [_number(value) for value in column.values])
    ]
    if any(value.ends is not None for value in column.values):
        for place, end in enumerate(("low", "high")):
            ends = [value.ends[place] if value.ends else "" for value in column.values]
            columns.append((f"{column.title} {end}", ends))
    return columns


def _number(value: Value) -> float | str:
    """Return the number; an infinite result as its sign, and a missing one as nothing."""
    if value.sort != "":
        return value.sort
    return "" if value.text == MISSING else value.text
