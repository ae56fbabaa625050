"""Published files that are too large to ship: read from a folder that the user names."""

import gzip
import hashlib
import os
import zlib
from pathlib import Path

from seqarena.data.content import file_sha256
from seqarena.errors import DataError

VARIABLE = "SEQARENA_MIRROR"
"""Environment variable with the folder of downloaded data sets."""


def mirrored_file(folder: str, name: str, sha256: str, official: str) -> Path:
    """Return a file of the mirror, after comparing it with what was published.

    Args:
        folder: the data set's folder in the mirror.
        name: the file in it.
        sha256: what the file must be.
        official: where it can be had, for the error.

    Raises:
        DataError: the variable is not set, or the file is missing or another one.
    """
    path = _path(folder, name, official)
    _refuse_another(f"{path}: its SHA-256", file_sha256(path), sha256)
    return path


def mirrored_gzip(folder: str, name: str, sha256: str, official: str) -> bytes:
    """Return what a gzip file of the mirror holds, after comparing that with what was published.

    The same content may have been compressed by another program, into other bytes.

    Args:
        folder: the data set's folder in the mirror.
        name: the file in it.
        sha256: what its content must be.
        official: where it can be had, for the error.

    Raises:
        DataError: as `mirrored_file`, or it is not a whole gzip file.
    """
    path = _path(folder, name, official)
    try:
        content = gzip.decompress(path.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not a whole gzip file ({error}); download it again.") from None
    found = hashlib.sha256(content).hexdigest()
    _refuse_another(f"{path}: the SHA-256 of its content", found, sha256)
    return content


def _path(folder: str, name: str, official: str) -> Path:
    mirror = os.environ.get(VARIABLE)
    if not mirror:
        raise DataError(
            f"{VARIABLE}: not set; name the folder that holds {folder}/{name} (from {official})."
        )
    path = Path(mirror) / folder / name
    if not path.is_file():
        raise DataError(f"{path}: not found; put the file there (from {official}).")
    return path


def _refuse_another(what: str, found: str, expected: str) -> None:
    if found != expected:
        raise DataError(f"{what} is {found}, expected {expected}; download it again.")
