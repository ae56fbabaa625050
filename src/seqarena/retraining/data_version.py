"""One version of a task's data: its manifest, and portraits of its examples."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from seqarena.data.arrow_store import split_path
from seqarena.data.file_hash import file_sha256
from seqarena.data.manifest import Manifest, read_manifest, verify_prepared
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError
from seqarena.experiment.evaluate import read_test
from seqarena.retraining.portrait import Portrait, fitted_portrait, portrait_of

_PORTRAIT_FILE = "portrait.json"
_ARRAYS_FILE = "portrait.safetensors"
_DIGEST_BYTES = 16


@dataclass(frozen=True)
class DataVersion:
    """What a model was fitted to and judged on."""

    manifest: Manifest
    fitted: Portrait
    """Of the examples that a fit has seen: training and validation."""
    test: Portrait
    test_split: Part

    @property
    def known(self) -> frozenset[bytes]:
        """Digests of every example."""
        return frozenset(self.fitted.digests) | frozenset(self.test.digests)

    @property
    def n_examples(self) -> int:
        """Examples of all splits."""
        return len(self.fitted.digests) + len(self.test.digests)

    @property
    def label_names(self) -> tuple[str, ...]:
        """Names of labels or tags; their numbers where they have none."""
        schema = self.manifest.schema
        named = self.manifest.class_names or self.manifest.tag_names
        return named or tuple(map(str, range(schema.n_classes or schema.n_tags or 0)))


def read_version(prepared: Path) -> DataVersion:
    """Read a prepared task.

    Raises:
        ArtifactError: a file is missing, truncated or altered.
    """
    manifest = verify_prepared(prepared)
    part = read_test(prepared)
    fitted = fitted_portrait(prepared, manifest)
    return DataVersion(manifest, fitted, portrait_of(part.sequences, manifest), part)


def keep_version(version: DataVersion, prepared: Path, folder: Path) -> None:
    """Write what a later version will be compared with: the test split, and the portrait."""
    folder.mkdir(parents=True)
    for name in (split_path(prepared, Split.TEST).name, "manifest.json"):
        shutil.copy(prepared / name, folder / name)
    fitted = version.fitted
    digests = np.frombuffer(b"".join(fitted.digests), np.uint8).reshape(-1, _DIGEST_BYTES)
    arrays = {"digests": digests, "lengths": fitted.lengths}
    if fitted.frames is not None:
        arrays["frames"] = fitted.frames
    save_file(arrays, folder / _ARRAYS_FILE)
    counts = {"symbols": fitted.symbols, "labels": fitted.labels}
    sha256 = file_sha256(folder / _ARRAYS_FILE)
    text = json.dumps({**counts, "sha256": sha256}, indent=1, ensure_ascii=False)
    (folder / _PORTRAIT_FILE).write_text(text + "\n", encoding="utf-8")


def read_kept(folder: Path) -> DataVersion:
    """Read what `keep_version` wrote.

    Raises:
        ArtifactError: a file is missing, truncated or altered.
    """
    manifest = read_manifest(folder)
    test = split_path(folder, Split.TEST)
    try:
        if file_sha256(test) != manifest.splits[Split.TEST.value].file_sha256:
            raise ArtifactError(f"{test}: altered or truncated; restore the package.")
        counts = json.loads((folder / _PORTRAIT_FILE).read_text(encoding="utf-8"))
        if file_sha256(folder / _ARRAYS_FILE) != counts["sha256"]:
            raise ArtifactError(f"{folder / _ARRAYS_FILE}: altered; restore the package.")
        arrays = load_file(folder / _ARRAYS_FILE)
    except (OSError, ValueError, KeyError, SafetensorError) as error:
        raise ArtifactError(f"{folder}: cannot be read ({error}); restore the package.") from None
    part = read_test(folder)
    fitted = Portrait(
        digests=tuple(row.tobytes() for row in arrays["digests"]),
        lengths=arrays["lengths"],
        symbols=counts["symbols"],
        labels=counts["labels"],
        frames=arrays.get("frames"),
    )
    return DataVersion(manifest, fitted, portrait_of(part.sequences, manifest), part)
