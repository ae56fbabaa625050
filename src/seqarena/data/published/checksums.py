"""Comparing files with what was published."""

import gzip
import hashlib
import zlib
from pathlib import Path
from typing import assert_never

from seqarena.data.file_hash import file_sha256
from seqarena.data.published.archives import LIMITS, read_members
from seqarena.data.published.record import Checked, PublishedFile
from seqarena.errors import DataError


def refuse_another(path: Path, file: PublishedFile) -> None:
    """Refuse a file that is not the published one.

    Raises:
        DataError: with both checksums; or it is not a whole gzip file or archive.
    """
    _refuse_difference(path, file, sha256_of(path, file.checked))


def checked_content(path: Path, file: PublishedFile) -> bytes:
    """Return what a gzip file holds, if that is the published content.

    Raises:
        DataError: with both checksums; or it is not a whole gzip file.
    """
    content = gzip_content(path)
    _refuse_difference(path, file, hashlib.sha256(content).hexdigest())
    return content


def sha256_of(path: Path, checked: Checked) -> str:
    """Return the checksum of a file, or of what it holds.

    Raises:
        DataError: it is not a whole gzip file or archive.
    """
    match checked:
        case "bytes":
            return file_sha256(path)
        case "content":
            return hashlib.sha256(gzip_content(path)).hexdigest()
        case "members":
            return _members_sha256(path)
        case _:
            assert_never(checked)


def gzip_content(path: Path) -> bytes:
    """Return what a gzip file holds.

    Raises:
        DataError: it is truncated, no gzip file, or holds more than `LIMITS` allow.
    """
    most = LIMITS.bytes_of(path)
    try:
        with gzip.open(path) as file:
            content = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a whole gzip file ({error}); download it again.") from None
    if len(content) > most:
        raise DataError(
            f"{path}: {path.stat().st_size:,} bytes that hold more than {most:,}; not unpacked."
        )
    return content


def _members_sha256(path: Path) -> str:
    """Sum up the sorted lines `SHA-256 name` of an archive's plain files."""
    lines = [
        f"{hashlib.sha256(content).hexdigest()} {name}\n"
        for name, content in read_members(path, lambda _: True)
    ]
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def _refuse_difference(path: Path, file: PublishedFile, found: str) -> None:
    if found != file.sha256:
        what = {
            "bytes": "its SHA-256",
            "content": "the SHA-256 of its content",
            "members": "the SHA-256 of its members",
        }
        raise DataError(
            f"{path}: {what[file.checked]} is {found}, expected {file.sha256}; download it again."
        )
