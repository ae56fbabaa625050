"""The symbols of the probes as a table, which name the rows and columns of their maps."""

from dataclasses import replace
from typing import Any

import pyarrow as pa

from seqarena.attribution.capture import Capture
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.maps_file import example_keys
from seqarena.data.alphabet import UNKNOWN
from seqarena.data.plain_text import END_OF_LINE

_SCHEMA = pa.schema(
    {
        "example_id": pa.string(),
        "side": pa.string(),
        "pos": pa.int32(),
        "token_id": pa.int32(),
        "text": pa.string(),
        "is_special": pa.bool_(),
        "is_unk": pa.bool_(),
    }
)
Sides = tuple[tuple[str, tuple[str, ...] | None, tuple[int, ...] | None], ...]


def token_table(probes: tuple[Probe, ...]) -> pa.Table:
    """Return a row for each symbol of inputs (side `input`) and gold targets (side `output`).

    Frames have no row. The symbol that ends a target, and the word that ends a line, are special; a
    symbol that training never showed is unknown.
    """
    rows = []
    for key, probe in zip(example_keys(probes), probes, strict=True):
        for side, texts, tokens in _sides(probe):
            for position, text in enumerate(texts or ()):
                token = None if tokens is None else tokens[position]
                is_end = side == "output" and token is not None and token == probe.end_token
                rows.append(
                    {
                        "example_id": key.removeprefix("ex/"),
                        "side": side,
                        "pos": position,
                        "token_id": token,
                        "text": text,
                        "is_special": is_end or text == END_OF_LINE,
                        "is_unk": text == UNKNOWN,
                    }
                )
    return pa.Table.from_pylist(rows, schema=_SCHEMA)


def with_texts(capture: Capture, table: pa.Table) -> Capture:
    """Give the probes of a capture the symbols that a table holds of them."""
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in table.to_pylist():
        found.setdefault((row["example_id"], row["side"]), []).append(row)

    def told(key: str, probe: Probe) -> Probe:
        name = key.removeprefix("ex/")
        steps, outputs = found.get((name, "input"), []), found.get((name, "output"), [])
        return replace(
            probe,
            steps=_column(steps, "text"),
            outputs=_column(outputs, "text"),
            step_tokens=_column(steps, "token_id"),
            output_tokens=_column(outputs, "token_id"),
        )

    keys = example_keys(capture.probes)
    return replace(capture, probes=tuple(map(told, keys, capture.probes)))


def _column(rows: list[dict[str, Any]], name: str) -> tuple[Any, ...] | None:
    """Return a column; None where nothing stands in it."""
    values = tuple(row[name] for row in rows)
    return None if not values or None in values else values


def _sides(probe: Probe) -> Sides:
    return (
        ("input", probe.steps, probe.step_tokens),
        ("output", probe.outputs, probe.output_tokens),
    )
