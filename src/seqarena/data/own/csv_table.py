"""CSV files (RFC 4180) with a line of column names."""

import csv
import io
from pathlib import Path

from seqarena.data.own.table import LONGEST_FIELD, Table, refuse_doubled
from seqarena.data.own.text import read_own_text
from seqarena.errors import DataError


def read_csv(path: Path, delimiter: str = ",", most_rows: int | None = None) -> Table:
    """Return the columns of a file, all cells as strings; an empty line is no row.

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
            if fields and not names:
                names = [name.strip() for name in fields]
                refuse_doubled(path, names, f"line {line}")
            elif fields:
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


def _refuse_ragged(path: Path, line: int, fields: list[str], names: list[str]) -> None:
    if len(fields) != len(names):
        raise DataError(
            f"{path}, line {line}: {len(fields)} fields, expected {len(names)} "
            f"({', '.join(names)}); a field that holds the delimiter stands in quotes."
        )
