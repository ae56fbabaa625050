"""The page's data as JSON: what HTML could read as markup, and what is no character, is escaped."""

import json
from dataclasses import asdict
from typing import Any

import numpy as np

from seqarena.attribution.viewer.quantised import Bits, deflated_bytes, largest_error, pack
from seqarena.attribution.viewer.viewed import (
    TopEntries,
    Viewed,
    ViewedAxis,
    ViewedExample,
    ViewedMap,
    ViewedTable,
)
from seqarena.data.spectra import SpectrumAxis
from seqarena.errors import ArtifactError

PAGE_BUDGET = 5_000_000
"""Bytes of the data of one page."""
FINE_CELLS = 400_000
"""Entries of all maps up to which 16 bits are spent on each."""
MAX_TEXT = 200
"""Characters of a text that the page holds; it shows no more than 40."""
_FORMAT_VERSION = 1


def payload(viewed: Viewed, budget: int = PAGE_BUDGET) -> str:
    """Return the data of a page as ASCII that may stand inside a `script` element.

    Maps beyond the budget are left out, those of the last examples first, and the page says so.

    Raises:
        ArtifactError: a map does not fit its axes, or has a negative value and is not signed.
    """
    bits: Bits = 16 if _n_cells(viewed) <= FINE_CELLS else 8
    spent, left_out = 0, 0
    examples = []
    for example in viewed.examples:
        shown = _example(example)
        for one in example.maps:
            entry = _map(one, example, shown["axes"], bits)
            if spent + len(entry["chunk"]) > budget:
                left_out += 1
                continue
            spent += len(entry["chunk"])
            shown["maps"].append(entry)
        examples.append(shown)
    content = {
        "version": _FORMAT_VERSION,
        "title": clean(viewed.title),
        "facts": [[clean(name), clean(value)] for name, value in viewed.facts.items()],
        "warning": clean(viewed.warning),
        "left_out": left_out,
        "tables": [_table(table) for table in viewed.tables],
        "examples": examples,
    }
    return escaped(json.dumps(content, ensure_ascii=True, allow_nan=False, separators=(",", ":")))


def escaped(text: str) -> str:
    """Escape in JSON what could end or open an element, or end a line of a script."""
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def clean(text: str) -> str:
    """Replace lone surrogates, which can crash a browser, by U+FFFD, and cut what is too long."""
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return whole if len(whole) <= MAX_TEXT * 20 else whole[: MAX_TEXT * 20]


def _n_cells(viewed: Viewed) -> int:
    return sum(_shape_product(one) for example in viewed.examples for one in example.maps)


def _shape_product(one: ViewedMap) -> int:
    return one.values.values.size if isinstance(one.values, TopEntries) else one.values.size


def _example(example: ViewedExample) -> dict[str, Any]:
    axes = [_axis(example.inputs)]
    if example.outputs is not None:
        axes.append(_axis(example.outputs))
    return {
        "id": clean(example.id),
        "label": None if example.label is None else clean(example.label),
        "gold": example.gold,
        "links": example.links,
        "frames": None if example.frames is None else _frames(example.frames),
        "spectrum": None if example.spectrum_axis is None else _spectrum(example.spectrum_axis),
        "grid": example.grid,
        "axes": axes,
        "maps": [],
    }


def _axis(axis: ViewedAxis) -> dict[str, Any]:
    texts = axis.texts
    if texts is not None and len(texts) != axis.n:
        raise ArtifactError(
            f"axis {axis.noun!r}: {len(texts)} texts for {axis.n} entries; give one for each."
        )
    shown = None if texts is None else [clean(text)[:MAX_TEXT] for text in texts]
    return {**asdict(axis), "noun": clean(axis.noun), "texts": shown}


def _map(
    one: ViewedMap, example: ViewedExample, axes: list[dict[str, Any]], bits: Bits
) -> dict[str, Any]:
    shape = _checked_shape(one, example)
    packed = pack(one.values, one.valid, one.rest, signed=one.signed, bits=bits)
    return {
        "name": clean(one.name),
        "kind": one.kind,
        "layer": one.layer,
        "run": clean(one.run),
        "unit": clean(one.unit),
        "limit": None if one.limit is None else float(one.limit),
        "signed": one.signed,
        "first_row": one.first_row,
        "mean_of": one.mean_of,
        "is_cut": one.rest is not None or packed.n_kept is not None,
        "shape": shape,
        "rows": _numbered(axes, one.rows),
        "columns": _numbered(axes, one.columns),
        "whole": None if one.whole is None else [_finite(value) for value in one.whole.tolist()],
        "error": largest_error(max(packed.tops, default=0.0), bits, signed=one.signed),
        **asdict(packed),
    }


def _numbered(axes: list[dict[str, Any]], axis: ViewedAxis) -> int:
    """Return the place of an axis among those of the example; equal ones are held once."""
    entry = _axis(axis)
    if entry not in axes:
        axes.append(entry)
    return axes.index(entry)


def _checked_shape(one: ViewedMap, example: ViewedExample) -> tuple[int, int, int]:
    where = f"{one.name} of example {example.id!r}"
    if isinstance(one.values, TopEntries):
        shape = (*one.values.rest.shape, one.values.n_columns)
        values = one.values.values
    else:
        shape, values = one.values.shape, one.values
    if one.first_row + shape[1] > one.rows.n or shape[2] != one.columns.n:
        raise ArtifactError(
            f"{where}: {shape[1]} rows from {one.first_row} and {shape[2]} columns; the axes have "
            f"{one.rows.n} and {one.columns.n} entries. Give each map the axes that it was made on."
        )
    if not one.signed and np.nanmin(values, initial=0.0) < 0:
        raise ArtifactError(
            f"{where}: holds the negative value {np.nanmin(values):.4g}; expected none, or a map "
            "that says it is signed."
        )
    return shape[0], shape[1], shape[2]


def _frames(frames: np.ndarray) -> dict[str, Any]:
    """Hold frames as shades of grey from the smallest value to the largest."""
    finite = np.nan_to_num(frames.astype(np.float64))
    low, high = float(finite.min(initial=0.0)), float(finite.max(initial=0.0))
    shades = np.rint((finite - low) / ((high - low) or 1.0) * 255).astype("u1")
    return {"shape": frames.shape, "low": low, "high": high, "chunk": deflated_bytes(shades)}


def _spectrum(axis: SpectrumAxis) -> dict[str, Any]:
    lowest, highest = axis.ends
    return {"name": clean(axis.name), "scale": axis.scale, "lowest": lowest, "highest": highest}


def _table(table: ViewedTable) -> dict[str, Any]:
    return {
        "title": clean(table.title),
        "head": [clean(text) for text in table.head],
        "rows": [
            [clean(cell) if isinstance(cell, str) else _finite(float(cell)) for cell in row]
            for row in table.rows
        ],
        "note": clean(table.note),
    }


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
