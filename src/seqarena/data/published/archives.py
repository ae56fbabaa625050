"""What archives hold, read in memory: nothing is written where a member's name says."""

import bz2
import gzip
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase, RawIOBase
from pathlib import Path, PurePosixPath
from typing import Any

from seqarena.errors import DataError

_OPENERS: dict[bytes, Callable[[Path], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ": lzma.open,
}
_BROKEN = (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, zlib.error, lzma.LZMAError)


@dataclass(frozen=True)
class Limits:
    """What an archive may be at most."""

    n_members: int = 100_000
    n_bytes: int = 4 * 2**30
    """All that it holds, uncompressed [bytes]."""
    ratio: int = 100
    """Uncompressed bytes for each compressed one; text takes about 4, and bombs 1,000."""
    harmless: int = 2**20
    """An archive that holds no more than this is let be whatever its ratio [bytes]."""

    def bytes_of(self, path: Path) -> int:
        """Return how much this archive may hold [bytes]."""
        return min(self.n_bytes, max(self.harmless, self.ratio * path.stat().st_size))


LIMITS = Limits()


def read_members(
    path: Path, wanted: Callable[[str], bool], limits: Limits = LIMITS
) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of the wanted plain files of a tar or zip archive, in its order.

    Every member is looked at, wanted or not. Links within the archive are left out and never
    followed.

    Raises:
        DataError: it is truncated or no archive, holds more than `limits` allow, an encrypted
            member, one name twice, a device, or a name or link that leads out of it.
    """
    members = _zip_members if zipfile.is_zipfile(path) else _tar_members
    names: set[str] = set()
    try:
        for count, (name, read) in enumerate(members(path, limits), start=1):
            if count > limits.n_members:
                raise DataError(f"{path}: more than {limits.n_members:,} members; not unpacked.")
            _refuse_outside(path, name, name)
            if read is None:
                continue
            if name in names:
                raise DataError(f"{path}: member {name!r} stands there twice; not unpacked.")
            names.add(name)
            if wanted(name):
                yield name, read()
    except _BROKEN as error:
        raise DataError(f"{path}: not a whole archive ({error}); download it again.") from None


def read_texts(
    path: Path, wanted: Callable[[str], bool], limits: Limits = LIMITS
) -> dict[str, str]:
    """Return the wanted plain files of a tar or zip archive as texts, in order of their names.

    Raises:
        DataError: as `read_members`, or one is not UTF-8.
    """
    found = {}
    for name, content in read_members(path, wanted, limits):
        try:
            found[name] = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{path}: {name}: not UTF-8 ({error}); download the archive again."
            ) from None
    return {name: found[name] for name in sorted(found)}


_Member = tuple[str, Callable[[], bytes] | None]
"""Name, and what reads it; None for a folder or a link within the archive."""


def _tar_members(path: Path, limits: Limits) -> Iterator[_Member]:
    with _uncompressed(path) as content, _Metered(path, content, limits) as metered:
        # As a stream: a member's header is checked before its content is read.
        with tarfile.open(fileobj=metered, mode="r|") as archive:
            for member in archive:
                yield member.name, _tar_reader(path, archive, member)


def _tar_reader(
    path: Path, archive: tarfile.TarFile, member: tarfile.TarInfo
) -> Callable[[], bytes] | None:
    if member.isdir():
        return None
    if member.issym():
        _refuse_outside(path, member.name, _target(member.name, member.linkname))
        return None
    if member.islnk():
        _refuse_outside(path, member.name, member.linkname)
        return None
    file = archive.extractfile(member) if member.isreg() else None
    if file is None:
        raise DataError(f"{path}: member {member.name!r} is a device; not unpacked.")
    return file.read


def _zip_members(path: Path, limits: Limits) -> Iterator[_Member]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > limits.bytes_of(path):
            raise _too_much(path, limits)
        for entry in entries:
            yield entry.filename, _zip_reader(path, archive, entry)


def _zip_reader(
    path: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo
) -> Callable[[], bytes] | None:
    if entry.flag_bits & 1:
        raise DataError(f"{path}: member {entry.filename!r} is encrypted; not unpacked.")
    mode = entry.external_attr >> 16
    if stat.S_ISLNK(mode):
        link = archive.read(entry).decode(errors="replace")
        _refuse_outside(path, entry.filename, _target(entry.filename, link))
        return None
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise DataError(f"{path}: member {entry.filename!r} is a device; not unpacked.")
    return None if entry.is_dir() else lambda: archive.read(entry)


def _target(name: str, link: str) -> str:
    """Return where a symbolic link leads, from the top of the archive."""
    return link if link.startswith("/") else f"{PurePosixPath(name).parent}/{link}"


def _refuse_outside(path: Path, name: str, target: str) -> None:
    """Refuse a name or the target of a link that leads out of the archive, on any system."""
    depth = 0
    is_outside = target.startswith("/") or "\\" in target or ":" in target.split("/")[0]
    for part in target.split("/"):
        depth += -1 if part == ".." else part not in ("", ".")
        is_outside = is_outside or depth < 0
    if is_outside or "\0" in target or (name == target and ".." in target.split("/")):
        raise DataError(f"{path}: member {name!r} leads out of the archive; not unpacked.")


def _uncompressed(path: Path) -> BufferedIOBase:
    with path.open("rb") as file:
        start = file.read(6)
    for magic, opener in _OPENERS.items():
        if start.startswith(magic):
            compressed: BufferedIOBase = opener(path)
            return compressed
    return path.open("rb")


class _Metered(RawIOBase):
    """Lets no more bytes through than the archive may hold, headers included."""

    def __init__(self, path: Path, content: BufferedIOBase, limits: Limits) -> None:
        self._path, self._content, self._limits = path, content, limits
        self._left = limits.bytes_of(path)

    def read(self, size: int = -1) -> Any:
        """Read on."""
        block = self._content.read(size)
        self._left -= len(block)
        if self._left < 0:
            raise _too_much(self._path, self._limits)
        return block


def _too_much(path: Path, limits: Limits) -> DataError:
    return DataError(
        f"{path}: {path.stat().st_size:,} bytes that hold more than {limits.bytes_of(path):,}; "
        "an archive may hold "
        f"{limits.ratio} times its size and {limits.n_bytes:,} bytes in all. Not unpacked."
    )
