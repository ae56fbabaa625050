"""CSV files (RFC 4180) with a line of column names."""

import csv
import io
from pathlib import Path

from seqarena.data.own.table import LONGEST_FIELD, Table, refuse_doubled
from seqarena.data.own.text import read_own_text
from seqarena.errors import DataError


def read_csv(path: Path, delimiter: str = ",", most_rows: int | None = None) -> Table:
    """Return the columns of a file, all cells as strings; a line without any text is no row.

    What spreadsheets leave is let be: a first line `sep=;`, and unnamed columns without any text at
    the right.

    With `most_rows` no more rows than that are made sense of. Quoted fields may hold delimiters,
    quotes (doubled) and ends of lines.

    Raises:
        DataError: as `read_own_text`; or a quote is never closed or stands where none may, a row
            has more or fewer fields than there are names, or two names are equal.
    """
    reader = csv.reader(
        io.StringIO(read_own_text(path), newline=""), delimiter=delimiter, strict=True
    )
    names: list[str] = []
    rows: list[list[str]] = []
    numbers: list[int] = []
    line = 1
    try:
        for fields in reader:
            if line == 1 and len(says := "".join(fields)) <= 5 and says.startswith("sep="):
                _refuse_other_delimiter(path, fields, delimiter)
            elif fields and not names:
                names = _names(path, line, fields)
            elif any(map(str.strip, fields)):
                fields = _without_unnamed(fields, names)
                _refuse_ragged(path, line, fields, names)
                rows.append(fields)
                numbers.append(line)
                if len(rows) == most_rows:
                    break
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(
            f"{path}, line {line}: not CSV ({error}); a field with a quote, the delimiter "
            f"{delimiter!r} or an end of line stands in quotes, its own quotes doubled, and holds "
            f"at most {LONGEST_FIELD} characters."
        ) from None
    columns = {name: [fields[at] for fields in rows] for at, name in enumerate(names)}
    return Table(path, "line", numbers, columns)


def _names(path: Path, line: int, fields: list[str]) -> list[str]:
    names = [name.strip() for name in fields]
    while len(names) > 1 and not names[-1]:
        names.pop()
    refuse_doubled(path, names, f"line {line}")
    return names


def _without_unnamed(fields: list[str], names: list[str]) -> list[str]:
    """Return the fields without empty ones beyond the last name."""
    beyond = fields[len(names) :]
    return fields if any(map(str.strip, beyond)) else fields[: len(names)]


def _refuse_other_delimiter(path: Path, fields: list[str], delimiter: str) -> None:
    """Refuse Excel's line `sep=;` where it names another delimiter: the right one splits it."""
    if fields != ["sep=", ""]:
        raise DataError(
            f"{path}, line 1: {''.join(fields)!r} names the delimiter, and {delimiter!r} is set; "
            "set delimiter to that one."
        )


def _refuse_ragged(path: Path, line: int, fields: list[str], names: list[str]) -> None:
    if len(fields) != len(names):
        raise DataError(
            f"{path}, line {line}: {len(fields)} fields, expected {len(names)} "
            f"({', '.join(names)}); a field that holds the delimiter stands in quotes."
        )
