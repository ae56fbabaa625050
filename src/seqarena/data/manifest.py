"""What a prepared task is: its schema, sizes, alphabets, floor, protocol, and checksums."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seqarena.data.arrow_store import split_path
from seqarena.data.file_hash import file_sha256
from seqarena.data.spectra import SpectrumAxis
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError
from seqarena.schema import DataSchema

_FILE = "manifest.json"
_SEAL = "sha256"

Fact = str | int | float | bool | None | list[str]


@dataclass(frozen=True)
class Provenance:
    """Where data comes from and under which terms."""

    description: str
    licence: str
    citation: str
    versions: dict[str, str] = field(default_factory=dict)
    """Version of each package that the data came out of; for a text also its own SHA-256."""


@dataclass(frozen=True)
class BestPossible:
    """The value that no model can beat in expectation."""

    value: float
    unit: str
    """As the task's headline metric counts: "bits" per scored step, or a share."""
    standard_error: float
    """0 where the value is exact."""
    lower: float
    upper: float
    """The value lies between `lower` and `upper` for certain."""
    how: str
    """How it was found, in a sentence."""
    on_test: float | None = None
    """What the true process itself scores on this test split: the paired floor, without the luck of
    the draw. None where there is no such thing."""

    @property
    def paired(self) -> float:
        """The value to subtract from a score on the test split: `on_test` where it is known."""
        return self.value if self.on_test is None else self.on_test


@dataclass(frozen=True)
class SplitRecord:
    """Size and checksums of one split."""

    n_sequences: int
    n_steps: int
    n_scored: int
    """Steps that count in a per-step score; the others are context."""
    content_sha256: str
    """Of the arrays themselves."""
    file_sha256: str
    """Of the Arrow file that holds them."""


@dataclass(frozen=True)
class Manifest:
    """The record beside the Arrow files of a prepared task."""

    task: str
    schema: DataSchema
    source: Provenance
    splits: dict[str, SplitRecord]
    """Keyed by the name of the split."""
    symbols: tuple[str, ...] | None = None
    """What each input token stands for."""
    target_symbols: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    tag_names: tuple[str, ...] | None = None
    tokeniser: str | None = None
    """What turns texts into symbols and back (`data.subwords`); None: symbols are no subwords."""
    best_possible: BestPossible | None = None
    """None: unknown."""
    counts: dict[str, int] = field(default_factory=dict)
    """What was removed, replaced or found on the way in."""
    protocol: dict[str, Fact] = field(default_factory=dict)
    """Rules that hold for every family: how the data was split, what is context, what is scored."""
    spectrum: SpectrumAxis | None = None
    """What the spectrograms are that examples are shown over; None: there are none."""

    def content_hashes(self) -> dict[str, str]:
        """Return the content checksum of each split: the identity of the data."""
        return {name: record.content_sha256 for name, record in self.splits.items()}

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return dict(_ADAPTER.dump_python(self, mode="json"))


_ADAPTER = TypeAdapter(Manifest)


def write_manifest(folder: Path, manifest: Manifest) -> Path:
    """Write `manifest.json`, sealed with its own checksum; the same bytes for the same content."""
    fields = manifest.as_dict()
    sealed = {**fields, _SEAL: _seal(fields)}
    path = folder / _FILE
    path.write_text(json.dumps(sealed, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a prepared task.

    Raises:
        ArtifactError: it is missing, altered, or not a manifest.
    """
    path = folder / _FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        found = fields.pop(_SEAL)
    except FileNotFoundError:
        raise ArtifactError(f"{path}: not found; run the prepare stage of this task.") from None
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise ArtifactError(
            f"{path}: not a whole manifest ({error!r}); run the prepare stage of this task again."
        ) from None
    _refuse_difference(path, expected=found, actual=_seal(fields))
    try:
        # By way of JSON, whose lists may become tuples under strict validation.
        return _ADAPTER.validate_json(json.dumps(fields), strict=True)
    except ValidationError as error:
        raise ArtifactError(
            f"{path}: written by another version of seqarena ({error.error_count()} fields do not "
            "fit); run the prepare stage of this task again."
        ) from None


def verify_prepared(folder: Path) -> Manifest:
    """Return the manifest of a prepared task, after comparing every file with it.

    Raises:
        ArtifactError: a file is missing, truncated or altered.
    """
    manifest = read_manifest(folder)
    for name, record in manifest.splits.items():
        path = split_path(folder, Split(name))
        if not path.is_file():
            raise ArtifactError(f"{path}: not found; run the prepare stage of this task again.")
        _refuse_difference(path, expected=record.file_sha256, actual=file_sha256(path))
    return manifest


def _refuse_difference(path: Path, expected: str, actual: str) -> None:
    if actual != expected:
        raise ArtifactError(
            f"{path}: altered or truncated: its SHA-256 is {actual}, the manifest says {expected}; "
            "run the prepare stage of this task again."
        )


def _seal(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
