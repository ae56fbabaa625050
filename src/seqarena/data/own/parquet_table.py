"""Parquet files."""

import datetime
import itertools
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from seqarena.data.own.nested import with_inner
from seqarena.data.own.table import Cell, Table, refuse_doubled
from seqarena.data.own.text import read_own_bytes
from seqarena.errors import DataError


def read_parquet(path: Path, wanted: Sequence[str], most_rows: int | None = None) -> Table:
    """Return those of the wanted columns that the file has (all are named, the others empty).

    With `most_rows` no more rows than that. Dates and times become strings in ISO 8601.

    Raises:
        DataError: the file is missing, or is not a whole Parquet file; two columns are of one name,
            or a text is not UTF-8.
    """
    content = read_own_bytes(path)
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        names = list(file.schema_arrow.names)
        refuse_doubled(path, names, "schema")
        # `outer.inner` is a field of the column `outer`, unless a column is named so.
        tops = dict.fromkeys(name if name in names else name.split(".")[0] for name in wanted)
        found = _read(file, [name for name in tops if name in names], most_rows)
        found.validate(full=True)
        columns: dict[str, list[Cell]] = {name: [] for name in names}
        for name in found.column_names:
            columns[name] = [_plain(value) for value in found.column(name).to_pylist()]
    except DataError:
        raise
    # Arrow's own errors are of several kinds; what they have in common is that they say what is
    # wrong with the bytes, as do those of Python that its conversions raise.
    except (pa.ArrowException, OSError, ValueError, OverflowError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: not a whole Parquet file ({type(error).__name__}: {error}); write it again."
        ) from None
    n_rows = min(file.metadata.num_rows, most_rows or file.metadata.num_rows)
    return Table(path, "row", range(1, n_rows + 1), with_inner(columns))


def _read(file: pq.ParquetFile, names: list[str], most_rows: int | None) -> pa.Table:
    if most_rows is None:
        return file.read(columns=names)
    batches = itertools.islice(file.iter_batches(most_rows, columns=names), 1)
    schema = pa.schema([file.schema_arrow.field(name) for name in names])
    return pa.Table.from_batches(batches, schema)


def _plain(value: Cell) -> Cell:
    return value.isoformat() if isinstance(value, datetime.date) else value
