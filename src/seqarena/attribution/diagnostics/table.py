"""The long table of diagnostics: a row for each value."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from seqarena.attribution.diagnostics.measures import ALL, Measures

SCHEMA = pa.schema(
    [
        pa.field("example_id", pa.string()),
        pa.field("layer", pa.string(), nullable=False),
        pa.field("head", pa.int32()),
        pa.field("query_pos", pa.int32()),
        pa.field("metric", pa.string(), nullable=False),
        pa.field("value", pa.float64(), nullable=False),
        pa.field("unit", pa.string(), nullable=False),
        pa.field("n", pa.int64(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("computed_dtype", pa.string(), nullable=False),
        pa.field("code_version", pa.string(), nullable=False),
    ]
)
"""Nulls: all examples, all heads, all rows. `n`: how many rows, outputs or draws a value is of."""


def table_of(measures: Sequence[Measures], code_version: str) -> pa.Table:
    """Return the measures as rows; one that is a mean over nothing has none."""
    parts = [_columns(one) for one in measures]
    head, row, value, n = (_joined([part[at] for part in parts]) for at in range(4))
    owner = np.repeat(np.arange(len(parts)), [len(part[0]) for part in parts]).astype(np.int64)
    texts = [[one.example, one.layer, one.metric, one.unit, one.split] for one in measures]
    example, layer, metric, unit, split = (
        pa.array([text[at] for text in texts], pa.string()).take(pa.array(owner)) for at in range(5)
    )
    constants = [pa.repeat(text, len(owner)) for text in ("float64", code_version)]
    numbers = [_or_null(head), _or_null(row)]
    counts = pa.array(n.astype(np.int64))
    columns = [example, layer, *numbers, metric, pa.array(value), unit, counts, split, *constants]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _columns(one: Measures) -> list[np.ndarray]:
    """Return head, row, value and n of each value that there is."""
    exists = one.exists
    head, row = np.nonzero(exists)
    if one.first_row == ALL:
        row = np.full_like(row, ALL)
    else:
        row = row + one.first_row
    head = np.full_like(head, ALL) if one.first_head == ALL else head + one.first_head
    return [head, row, one.values[exists], one.n[exists]]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.zeros(0)


def _or_null(numbers: np.ndarray) -> pa.Array:
    return pa.array(numbers.astype(np.int32), pa.int32(), mask=numbers == ALL)
