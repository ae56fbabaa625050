"""Maps as files: numbers in safetensors, everything else and a checksum in JSON.

safetensors has no checksum of its own: a flipped bit would load silently.
"""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import load, save

from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probes import Probe
from seqarena.errors import ArtifactError

MAPS_FILE = "maps.safetensors"
INDEX_FILE = "maps.json"
SCHEMA_VERSION = 1


def write_maps(folder: Path, capture: Capture) -> None:
    """Write `maps.safetensors` and `maps.json` into `folder`.

    Maps are stored as float16 (largest error of a share: 2.4e-4), frames as float32.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {key: one.values.astype(np.float16) for key, one, _ in _keyed(capture)}
    for index, probe in enumerate(capture.probes):
        if probe.frames is not None:
            tensors[f"probe-{index}/frames"] = probe.frames.astype(np.float32)
    content = save(tensors)
    (folder / MAPS_FILE).write_bytes(content)
    index_text = json.dumps(_index(capture, content), indent=1, allow_nan=False)
    (folder / INDEX_FILE).write_text(index_text + "\n", encoding="utf-8")


def read_maps(folder: Path) -> Capture:
    """Read what `write_maps` wrote.

    Raises:
        ArtifactError: a file is missing, of another version, or not the one that was written.
    """
    index = _read_index(folder / INDEX_FILE)
    tensors = _read_tensors(folder / MAPS_FILE, index)
    probes = tuple(_probe(number, fields, tensors) for number, fields in enumerate(index["probes"]))
    maps: list[list[ProbeMap]] = [[] for _ in probes]
    for entry in index["maps"]:
        values = tensors[entry["key"]].astype(np.float32)
        one = ProbeMap(entry["name"], entry["kind"], values, entry["first_row"])
        maps[entry["probe"]].append(one)
    return Capture(probes, tuple(map(tuple, maps)))


def _keyed(capture: Capture) -> list[tuple[str, ProbeMap, int]]:
    return [
        (f"probe-{index}/{one.name}", one, index)
        for index, maps in enumerate(capture.maps)
        for one in maps
    ]


def _index(capture: Capture, content: bytes) -> dict[str, Any]:
    return {
        "schema_version": SCHEMA_VERSION,
        "file": MAPS_FILE,
        "sha256": hashlib.sha256(content).hexdigest(),
        "stored_dtype": "float16",
        "computed_dtype": "float32",
        "axes": ["head", "row", "column"],
        "probes": [{**asdict(probe), "frames": None} for probe in capture.probes],
        "maps": [
            {
                "key": key,
                "probe": index,
                "name": one.name,
                "kind": one.kind,
                "first_row": one.first_row,
                "shape": one.values.shape,
            }
            for key, one, index in _keyed(capture)
        ],
    }


def _read_index(path: Path) -> dict[str, Any]:
    try:
        index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        raise ArtifactError(f"{path}: cannot be read ({error}); capture the maps again.") from None
    if index.get("schema_version") != SCHEMA_VERSION:
        raise ArtifactError(
            f"{path}: schema version {index.get('schema_version')!r}, expected {SCHEMA_VERSION}; "
            "capture the maps again."
        )
    return index


def _read_tensors(path: Path, index: dict[str, Any]) -> dict[str, np.ndarray]:
    content = path.read_bytes() if path.exists() else b""
    found = hashlib.sha256(content).hexdigest()
    if found != index["sha256"]:
        raise ArtifactError(
            f"{path}: sha256 {found[:12]}..., expected {index['sha256'][:12]}...; the file is "
            "missing, truncated or altered. Capture the maps again."
        )
    return dict(load(content))


def _probe(number: int, fields: dict[str, Any], tensors: dict[str, np.ndarray]) -> Probe:
    """Undo what JSON did to tuples."""
    grid = fields["grid"]
    pairs = {
        name: None if fields.get(name) is None else tuple(map(tuple, fields[name]))
        for name in ("gold", "links")
    }
    texts = {
        name: None if fields[name] is None else tuple(fields[name]) for name in ("steps", "outputs")
    }
    return Probe(
        **{
            **fields,
            **texts,
            **pairs,
            "frames": tensors.get(f"probe-{number}/frames"),
            "grid": None if grid is None else (grid[0], grid[1]),
        }
    )
