import gzip
import hashlib
from pathlib import Path

import pytest

from seqarena.data.mirror import mirrored_gzip
from seqarena.errors import DataError

CONTENT = b"some pictures"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with one compressed file."""
    (tmp_path / "set").mkdir()
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    path = tmp_path / "set" / "x.gz"
    path.write_bytes(gzip.compress(CONTENT, mtime=1))
    return path


def refusal(digest: str = DIGEST) -> str:
    with pytest.raises(DataError) as error:
        mirrored_gzip("set", "x.gz", digest, "there")
    return str(error.value)


def test_the_content_counts_and_not_how_it_was_compressed(mirror: Path) -> None:
    assert mirrored_gzip("set", "x.gz", DIGEST, "there") == CONTENT
    mirror.write_bytes(gzip.compress(CONTENT, compresslevel=1, mtime=2))
    assert mirrored_gzip("set", "x.gz", DIGEST, "there") == CONTENT


def test_another_content_is_refused_with_both_checksums(mirror: Path) -> None:
    assert refusal("00") == (
        f"{mirror}: the SHA-256 of its content is {DIGEST}, expected 00; download it again."
    )


def test_a_truncated_or_uncompressed_file_is_refused(mirror: Path) -> None:
    mirror.write_bytes(mirror.read_bytes()[:-9])
    assert refusal().startswith(f"{mirror}: not a whole gzip file (")
    mirror.write_bytes(CONTENT)
    assert refusal() == (
        f"{mirror}: not a whole gzip file (Not a gzipped file (b'so')); download it again."
    )


def test_a_missing_file_is_named_with_its_origin(mirror: Path) -> None:
    mirror.unlink()
    assert refusal() == f"{mirror}: not found; put the file there (from there)."
