"""Maps as numbers in safetensors: nothing in it runs, and its header says what each array is.

safetensors has no checksum of its own: a flipped bit would load silently. The manifest has it.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence_shape import narrowed, widened
from seqarena.attribution.probes import Probe
from seqarena.attribution.store.budgets import LONG, N_TOP
from seqarena.attribution.store.sparse_rows import densified, sparse_rows
from seqarena.data.spectra import SpectrumAxis

_HEADER = "seqarena"
_NATIVE_AXES = ("head", "row", "column")
_INFLUENCE_AXES = ("output", "step")
_PAIRS = ("gold", "links")
_NUMBERS = ("frames", "spectrum")
_TEXTS = ("steps", "outputs", "step_tokens", "output_tokens")
"""Of a probe, what the table of tokens holds."""

Tensors = dict[str, np.ndarray]
Entry = dict[str, Any]


def maps_content(capture: Capture) -> bytes:
    """Return the bytes of the file; the same maps give the same bytes.

    Shares are stored as float16 (largest error 2.4e-4), influence and frames as float32. Rows of
    more than `LONG` columns keep their `N_TOP` largest shares, and the sum of the rest.
    """
    tensors: Tensors = {}
    examples = []
    for key, index in zip(example_keys(capture.probes), range(len(capture.probes)), strict=True):
        entry, own = _example(key, capture, index)
        examples.append(entry)
        tensors |= own
    header = {
        "stored_dtype": "float16",
        "computed_dtype": "float32",
        "axes": {"native": _NATIVE_AXES, "influence": _INFLUENCE_AXES},
        "examples": examples,
    }
    text = json.dumps(header, ensure_ascii=False, allow_nan=False)
    # `save` writes memory as it lies, and the header says rows first: a transposed view would come
    # back scrambled.
    in_order = {name: np.ascontiguousarray(one) for name, one in tensors.items()}
    return save(in_order, metadata={_HEADER: text})


def maps_of_content(content: bytes) -> Capture:
    """Return what `maps_content` was given, without texts and to the precision of its numbers."""
    tensors = dict(load(content))
    examples = _header(content)["examples"]
    maps = tuple(tuple(_native(entry, tensors) for entry in each["native"]) for each in examples)
    kinds = {name for each in examples for name in each["influence"]}
    found = {
        name: tuple(_influence(each["influence"].get(name), tensors) for each in examples)
        for name in sorted(kinds)
    }
    own = found.pop("", ())
    probes = tuple(_probe(each, tensors) for each in examples)
    return Capture(probes, maps, own, found)


def example_keys(probes: tuple[Probe, ...]) -> list[str]:
    """Return `ex/<id>` of each probe; of probes with one id, the later ones are numbered."""
    seen: dict[str, int] = {}
    keys = []
    for probe in probes:
        n = seen[probe.id] = seen.get(probe.id, 0) + 1
        keys.append(f"ex/{probe.id}" if n == 1 else f"ex/{probe.id}#{n}")
    return keys


def _example(key: str, capture: Capture, index: int) -> tuple[Entry, Tensors]:
    probe = capture.probes[index]
    tensors: Tensors = {}
    native = []
    for one in capture.maps[index]:
        entry, own = _native_arrays(f"{key}/native/{one.name}", one)
        native.append(entry)
        tensors |= own
    influence = {}
    for name, found in _influences(capture, index):
        stem = f"{key}/{name}" if name else key
        influence[name], own = _influence_arrays(stem, found)
        tensors |= own
    for name in _NUMBERS:
        if getattr(probe, name) is not None:
            tensors[f"{key}/{name}"] = getattr(probe, name).astype(np.float32)
    for name in _PAIRS:
        if getattr(probe, name) is not None:
            tensors[f"{key}/{name}"] = np.array(getattr(probe, name), np.int32).reshape(-1, 2)
    told = {**asdict(probe), **dict.fromkeys((*_NUMBERS, *_PAIRS, *_TEXTS))}
    return {"key": key, "probe": told, "native": native, "influence": influence}, tensors


def _influences(capture: Capture, index: int) -> Iterator[tuple[str, InfluenceMap]]:
    own = {"": capture.influence} if capture.influence else {}
    for name, maps in {**own, **capture.further}.items():
        one = maps[index]
        if one is not None:
            yield name, one


def _native_arrays(key: str, one: ProbeMap) -> tuple[Entry, Tensors]:
    entry = {
        "key": key,
        "name": one.name,
        "kind": one.kind,
        "unit": "share",
        "first_row": one.first_row,
        "mean_of": one.mean_of,
        "n_columns": one.values.shape[2],
    }
    if one.rest is None and one.values.shape[2] <= LONG:
        return entry, {key: one.values.astype(np.float16)}
    sparse = sparse_rows(one.values, N_TOP)
    rest = sparse.rest if one.rest is None else one.rest
    return entry, {
        f"{key}/top_columns": sparse.columns,
        f"{key}/top_values": sparse.values.astype(np.float16),
        f"{key}/rest": rest.astype(np.float16),
    }


def _influence_arrays(stem: str, one: InfluenceMap) -> tuple[Entry, Tensors]:
    known = narrowed(one)
    tensors = {f"{stem}/influence_lp": known.change.astype(np.float32)}
    if known.effect is not None:
        tensors[f"{stem}/influence_js"] = known.effect.astype(np.float32)
    if known.whole is not None:
        tensors[f"{stem}/influence_whole"] = known.whole.astype(np.float32)
    if known.valid is not None:
        tensors[f"{stem}/valid"] = known.valid.astype(np.uint8)
    told = {"version": one.version, "unit": one.unit, "shape": one.change.shape}
    return {"stem": stem, **told}, tensors


def _header(content: bytes) -> dict[str, Any]:
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    found: dict[str, Any] = json.loads(header["__metadata__"][_HEADER])
    return found


def _native(entry: Entry, tensors: Tensors) -> ProbeMap:
    key = entry["key"]
    rest = tensors.get(f"{key}/rest")
    if rest is None:
        values = tensors[key].astype(np.float32)
    else:
        columns, top = tensors[f"{key}/top_columns"], tensors[f"{key}/top_values"]
        values = densified(columns, top.astype(np.float32), entry["n_columns"])
        rest = rest.astype(np.float32)
    name, kind, first_row, mean_of = (
        entry[field] for field in ("name", "kind", "first_row", "mean_of")
    )
    return ProbeMap(name, kind, values, first_row, mean_of, rest)


def _influence(entry: Entry | None, tensors: Tensors) -> InfluenceMap | None:
    if entry is None:
        return None
    stem = entry["stem"]
    valid = tensors.get(f"{stem}/valid")
    known = InfluenceMap(
        effect=tensors.get(f"{stem}/influence_js"),
        change=tensors[f"{stem}/influence_lp"],
        whole=tensors.get(f"{stem}/influence_whole"),
        version=entry["version"],
        unit=entry["unit"],
        valid=None if valid is None else valid.astype(bool),
    )
    return widened(known, *entry["shape"])


def _probe(entry: Entry, tensors: Tensors) -> Probe:
    """Undo what JSON did to tuples."""
    fields, key = entry["probe"], entry["key"]
    pairs = {
        name: tuple((int(a), int(b)) for a, b in tensors[f"{key}/{name}"])
        for name in _PAIRS
        if f"{key}/{name}" in tensors
    }
    numbers = {name: tensors.get(f"{key}/{name}") for name in _NUMBERS}
    grid, axis = fields["grid"], fields.get("spectrum_axis")
    return Probe(
        **{
            **fields,
            **pairs,
            **numbers,
            "spectrum_axis": None if axis is None else SpectrumAxis(**axis),
            "grid": None if grid is None else (grid[0], grid[1]),
        }
    )
