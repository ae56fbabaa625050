"""The record of a folder of maps: which files, their checksums, and what they are a function of."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from seqarena.attribution.store.budgets import MANIFEST_FILE
from seqarena.errors import ArtifactError

SCHEMA_ID = "seqarena.attention"
SCHEMA_VERSION = 4
"""Maps of version 2 may hold scrambled `valid` masks; of version 3 no number
says which split it is of."""
_SEAL = "sha256"


@dataclass(frozen=True)
class FileRecord:
    """One file as it was written."""

    sha256: str
    n_bytes: int


@dataclass(frozen=True)
class Origin:
    """What the files of a folder are a function of; JSON-ready values throughout."""

    run: Mapping[str, Any] = field(default_factory=dict)
    """Key, fingerprint, and the commit of the code."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """Task, and the checksum of each split."""
    probes: Mapping[str, Any] = field(default_factory=dict)
    """How many there are, and the checksum of the set, which all runs on the same data share."""
    replacement: Mapping[str, Any] = field(default_factory=dict)
    """What steps were replaced by, how often, the seed, and how many steps of each probe; empty
    where nothing was. Maps are comparable where all of it is equal."""
    cost: Mapping[str, Any] = field(default_factory=dict)
    """Seconds of each part."""
    cuts: tuple[str, ...] = ()
    """What was left out, and why."""


@dataclass(frozen=True)
class MapsManifest:
    """Everything that `manifest.json` says."""

    files: Mapping[str, FileRecord]
    """By path below the folder."""
    origin: Origin


def write_manifest(folder: Path, files: list[Path], origin: Origin) -> Path:
    """Write `manifest.json` about files below `folder`, sealed with its own checksum."""
    fields = {
        "schema": SCHEMA_ID,
        "schema_version": SCHEMA_VERSION,
        "files": {
            path.relative_to(folder).as_posix(): asdict(_record(path.read_bytes()))
            for path in files
        },
        **asdict(origin),
    }
    text = json.dumps({**fields, _SEAL: _seal(fields)}, indent=1, allow_nan=False)
    path = folder / MANIFEST_FILE
    path.write_text(text + "\n", encoding="utf-8")
    return path


def read_manifest(folder: Path) -> MapsManifest:
    """Read the manifest of a folder of maps.

    Raises:
        ArtifactError: it is missing, altered, or of another version.
    """
    path = folder / MANIFEST_FILE
    try:
        fields: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        version = fields.get("schema_version")
        expected = fields.pop(_SEAL, "none")
    except (FileNotFoundError, ValueError, AttributeError) as error:
        raise ArtifactError(
            f"{path}: cannot be read ({error}); evaluate the experiment again."
        ) from None
    if version != SCHEMA_VERSION:
        raise ArtifactError(
            f"{path}: schema version {version!r}, expected {SCHEMA_VERSION}; evaluate the "
            "experiment again."
        )
    _refuse_difference(path, _seal(fields), expected)
    files = {name: FileRecord(**record) for name, record in fields["files"].items()}
    origin = {name: fields[name] for name in Origin.__dataclass_fields__}
    return MapsManifest(files, Origin(**{**origin, "cuts": tuple(origin["cuts"])}))


def read_file(folder: Path, name: str, manifest: MapsManifest) -> bytes:
    """Return the bytes of a file that the manifest names.

    Raises:
        ArtifactError: the manifest does not name it, or it is missing, truncated or altered.
    """
    path = folder / name
    if name not in manifest.files:
        raise ArtifactError(
            f"{path}: the manifest does not name it (it has {', '.join(manifest.files)}); evaluate "
            "the experiment again."
        )
    content = path.read_bytes() if path.is_file() else b""
    _refuse_difference(path, _record(content).sha256, manifest.files[name].sha256)
    return content


def _record(content: bytes) -> FileRecord:
    return FileRecord(hashlib.sha256(content).hexdigest(), len(content))


def _seal(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _refuse_difference(path: Path, found: str, expected: str) -> None:
    if found != expected:
        raise ArtifactError(
            f"{path}: sha256 {found}, expected {expected}; the file is missing, truncated or "
            "altered. Evaluate the experiment again."
        )
