import dataclasses
from pathlib import Path

import numpy as np
import pytest

from seqarena.batch import sequences_of
from seqarena.data.arrow_store import write_split
from seqarena.data.content import content_sha256
from seqarena.data.file_hash import file_sha256
from seqarena.data.manifest import (
    BestPossible,
    Manifest,
    Provenance,
    SplitRecord,
    read_manifest,
    verify_prepared,
    write_manifest,
)
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError
from seqarena.schema import DataSchema


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder with one split and its manifest."""
    part = Part(sequences_of([np.array([0, 1]), np.array([1])]))
    path = write_split(tmp_path, Split.TRAIN, Part(part.sequences))
    write_manifest(tmp_path, _manifest(part, path))
    return tmp_path


def _manifest(part: Part, path: Path) -> Manifest:
    return Manifest(
        task="toy",
        schema=DataSchema("density", n_symbols=2, max_length=2, grid=(1, 2)),
        source=Provenance("toys", "none", "nobody (2000)", {"toys": "1.0"}),
        splits={"train": SplitRecord(2, 3, 3, content_sha256(part), file_sha256(path))},
        symbols=("\n", "ß"),
        best_possible=BestPossible(1.0, "bits", 0.01, 0.9, 1.1, "by hand"),
        counts={"dropped": 1},
        protocol={"window": 8, "rule": "whole", "forms": ["a", "b"], "limit": None},
    )


def test_a_manifest_comes_back_as_it_was(prepared: Path) -> None:
    manifest = verify_prepared(prepared)
    part = Part(sequences_of([np.array([0, 1]), np.array([1])]))
    assert manifest == _manifest(part, prepared / "train.arrow")
    assert manifest.schema.grid == (1, 2)
    assert manifest.content_hashes() == {"train": content_sha256(part)}


def test_every_altered_byte_of_the_data_is_refused(prepared: Path) -> None:
    path = prepared / "train.arrow"
    whole = path.read_bytes()
    expected = file_sha256(path)
    for position in np.random.default_rng(0).choice(len(whole), size=100, replace=False):
        altered = bytearray(whole)
        altered[position] ^= 1
        path.write_bytes(altered)
        with pytest.raises(ArtifactError) as error:
            verify_prepared(prepared)
        assert str(error.value) == (
            f"{path}: altered or truncated: its SHA-256 is {file_sha256(path)}, the manifest says "
            f"{expected}; run the prepare stage of this task again."
        )


def test_a_truncated_file_is_refused_with_both_checksums(prepared: Path) -> None:
    path = prepared / "train.arrow"
    expected = file_sha256(path)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ArtifactError, match=f"{file_sha256(path)}, the manifest says {expected};"):
        verify_prepared(prepared)


def test_a_missing_file_is_refused(prepared: Path) -> None:
    (prepared / "train.arrow").unlink()
    with pytest.raises(ArtifactError) as error:
        verify_prepared(prepared)
    assert str(error.value) == (
        f"{prepared}/train.arrow: not found; run the prepare stage of this task again."
    )


def test_an_altered_or_truncated_manifest_is_refused_wherever_it_was_altered(
    prepared: Path,
) -> None:
    path = prepared / "manifest.json"
    whole = path.read_bytes()
    for position in np.random.default_rng(0).choice(len(whole) - 1, size=100, replace=False):
        altered = bytearray(whole)
        # Another digit or letter; white space between the fields says nothing.
        if chr(altered[position]).isspace():
            continue
        altered[position] = ord("8") if altered[position] != ord("8") else ord("9")
        path.write_bytes(altered)
        with pytest.raises(ArtifactError):
            read_manifest(prepared)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ArtifactError, match="not a whole manifest"):
        read_manifest(prepared)


def test_an_altered_manifest_is_refused_with_both_checksums(prepared: Path) -> None:
    path = prepared / "manifest.json"
    path.write_text(path.read_text().replace('"n_steps": 3', '"n_steps": 4'))
    with pytest.raises(
        ArtifactError,
        match=r"manifest\.json: altered or truncated: its SHA-256 is [0-9a-f]{64}, the manifest "
        r"says [0-9a-f]{64}; run the prepare stage of this task again\.",
    ):
        read_manifest(prepared)


def test_a_folder_without_a_manifest_was_never_finished(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError) as error:
        read_manifest(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}/manifest.json: not found; run the prepare stage of this task."
    )


def test_the_content_checksum_sees_every_column() -> None:
    plain = sequences_of([np.array([0, 1]), np.array([1])])
    variants = [
        plain,
        sequences_of([np.array([0]), np.array([1, 1])]),
        sequences_of([np.array([0, 1]), np.array([0])]),
        dataclasses.replace(plain, labels=np.array([0, 1])),
        dataclasses.replace(plain, labels=np.array([1, 1])),
        dataclasses.replace(plain, scored_from=np.array([0, 1])),
        dataclasses.replace(plain, target=plain),
        dataclasses.replace(plain, ids=("a", "b")),
    ]
    assert len({content_sha256(Part(each)) for each in variants}) == len(variants)
