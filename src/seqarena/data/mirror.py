"""Published files that are too large to ship: read from a folder that the user names."""

import os
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
    mirror = os.environ.get(VARIABLE)
    if not mirror:
        raise DataError(
            f"{VARIABLE}: not set; name the folder that holds {folder}/{name} (from {official})."
        )
    path = Path(mirror) / folder / name
    if not path.is_file():
        raise DataError(f"{path}: not found; put the file there (from {official}).")
    found = file_sha256(path)
    if found != sha256:
        raise DataError(f"{path}: its SHA-256 is {found}, expected {sha256}; download it again.")
    return path
