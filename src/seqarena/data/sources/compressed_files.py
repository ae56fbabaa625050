"""Texts out of published archives, in memory: nothing is unpacked to disk."""

import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from seqarena.errors import DataError

MOST_BYTES = 50_000_000
"""No text of a published data set is larger; whoever claims more is a decompression bomb."""


def zip_texts(path: Path, is_wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return the UTF-8 texts of those members of a zip file whose names are wanted, by name.

    Raises:
        DataError: it is not a whole zip file, or a member is too large or not UTF-8.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [each for each in archive.infolist() if is_wanted(each.filename)]
            return {
                each.filename: _text(
                    archive.open(each).read(MOST_BYTES + 1),
                    each.file_size,
                    f"{path}: {each.filename}",
                )
                for each in sorted(members, key=lambda each: each.filename)
            }
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: not a whole zip file ({error}); download it again.") from None


def tar_texts(path: Path, is_wanted: Callable[[str], bool]) -> dict[str, str]:
    """Return the UTF-8 texts of those members of a tar file whose names are wanted, by name.

    Raises:
        DataError: it is not a whole tar file, or such a member is no plain file, is too large or
            not UTF-8.
    """
    found = {}
    try:
        with tarfile.open(path) as archive:
            for member in archive:
                if not is_wanted(member.name):
                    continue
                where = f"{path}: {member.name}"
                file = archive.extractfile(member) if member.isreg() else None
                if file is None:
                    raise DataError(f"{where}: not a plain file; download the archive again.")
                content = file.read(MOST_BYTES + 1)
                found[member.name] = _text(content, member.size, where)
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise DataError(f"{path}: not a whole tar file ({error}); download it again.") from None
    return {name: found[name] for name in sorted(found)}


def _text(content: bytes, size: int, where: str) -> str:
    if max(size, len(content)) > MOST_BYTES:
        raise DataError(f"{where}: more than {MOST_BYTES} bytes; download the archive again.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{where}: not UTF-8 ({error}); download the archive again.") from None
