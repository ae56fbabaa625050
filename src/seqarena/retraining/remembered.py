"""What the last look at the inputs found, so that the next reads no file that nobody touched.

A file is taken for untouched while its device, inode, size and both of its times are what they
were: a program can set back the time of its last change, but not that of its inode. One that was
touched just before it was hashed is hashed again the next time: it may have been touched again
within the same tick of the file system's clock.

All of it may be deleted at any time; nothing here decides anything that the files do not say.
"""

import hashlib
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seqarena.data.file_hash import file_sha256

_SETTLED_NANOSECONDS = 2_000_000_000
"""The coarsest clock of a file system in use (FAT) ticks every two seconds."""

Stamp = list[int]


class Remembered:
    """Hashes of files, and what followed from them."""

    def __init__(self, path: Path) -> None:
        """Read the file; one that is not there, or not whole, says nothing."""
        self._path = path
        self._before = _read(path)
        self._files: dict[str, list[Any]] = {}
        self._facts: dict[str, Any] = {}

    def sha256(self, path: Path) -> str:
        """Return the SHA-256 of a file's bytes, as hex digits.

        Raises:
            OSError: it cannot be read.
        """
        return self._digest(path, str(path.absolute()), file_sha256)

    def md5(self, path: Path) -> str:
        """Return the MD5 of a file's bytes, by which DVC knows files.

        Raises:
            OSError: it cannot be read.
        """
        return self._digest(path, f"md5 of {path.absolute()}", _file_md5)

    def _digest(self, path: Path, name: str, read: Callable[[Path], str]) -> str:
        stamp = _stamp(path)
        known = self._before["files"].get(name)
        if known is not None and known[0] == stamp:
            self._files[name] = known
            return str(known[1])
        now = time.time_ns()
        digest = read(path)
        is_settled = max(stamp[-2:]) < now - _SETTLED_NANOSECONDS
        if is_settled and _stamp(path) == stamp:
            self._files[name] = [stamp, digest]
        return digest

    def fact(self, about: str, of: str) -> Any:
        """Return what was learned about something, as long as it is of the same digest."""
        known = self._before["facts"].get(about)
        if known is None or known[0] != of:
            return None
        self._facts[about] = known
        return known[1]

    def learn(self, about: str, of: str, fact: Any) -> None:
        """Keep a fact (JSON-ready) that follows from whatever has this digest."""
        self._facts[about] = [of, fact]

    def keep(self) -> None:
        """Write down what was looked at since it was read, and nothing else.

        One process at a time may do so.
        """
        after = {"files": self._files, "facts": self._facts}
        if after == self._before:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self._path.with_name(f".{self._path.name}-unfinished")
        unfinished.write_text(json.dumps(after))
        unfinished.replace(self._path)


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return [found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _file_md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    try:
        found = json.loads(path.read_bytes())
        if isinstance(found["files"], dict) and isinstance(found["facts"], dict):
            return {"files": found["files"], "facts": found["facts"]}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    return {"files": {}, "facts": {}}
