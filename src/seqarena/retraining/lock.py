"""Locks that the kernel drops with their holder, and that say who holds them."""

import fcntl
import json
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from seqarena.errors import SeqarenaError

_PATIENCE_SECONDS = 0.5


class HeldError(SeqarenaError):
    """Somebody else holds the lock; the message says who, since when, and where."""


class Lock:
    """An advisory lock on a file; as a context manager it is held inside.

    The file stays behind: only the lock on it has a meaning. A process that is started with its
    `descriptor` holds it too, until both have let go.
    """

    def __init__(self, path: Path, what: str) -> None:
        """Name the file, and what its holder is: "a scheduler", "a retraining of vowels"."""
        self._path = path
        self._what = what
        self._file: int | None = None

    @property
    def descriptor(self) -> int:
        """The open file, for a child that is to hold the lock as well."""
        if self._file is None:
            raise SeqarenaError(f"{self._path}: the lock is not held.")
        return self._file

    def __enter__(self) -> "Lock":
        """Take the lock now, or not at all.

        Raises:
            HeldError: says who holds it, since when, and where.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _locked(file):
            holder = os.pread(file, 4096, 0)
            os.close(file)
            raise HeldError(f"{self._what} is running already ({_told(holder)}).")
        os.ftruncate(file, 0)
        os.pwrite(file, json.dumps(_this_process()).encode(), 0)
        self._file = file
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def is_held(path: Path) -> bool:
    """Say whether a process holds the lock."""
    try:
        file = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(file)
    return False


def _locked(file: int) -> bool:
    """Take the lock; who only looks whether it is held holds it for milliseconds."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)


def _this_process() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
    }


def _told(holder: bytes) -> str:
    """Return who holds a lock, from what is written in it; it may be half written."""
    try:
        told = json.loads(holder)
        return f"pid {told['pid']} since {told['since']} on {told['host']}"
    except (ValueError, KeyError, TypeError):
        return "it has not said who it is"
