"""The file below a journal: one writer, lines that arrive whole, and no waiting for the disk."""

import fcntl
import logging
import os
import threading
import time
from pathlib import Path

from seqarena.errors import ArtifactError
from seqarena.tracking.reading import read_from

_logger = logging.getLogger(__name__)
FLUSH_SECONDS = 0.5
"""Longest time that a line waits in memory [seconds]."""
LOCK_SECONDS = 2.0
"""How long a second writer tries before it is refused [seconds]."""


class JournalFile:
    """Lines appended from any thread, written and synced by a thread of its own."""

    def __init__(self, path: Path) -> None:
        """Open the file and its folders.

        Raises:
            ArtifactError: another process writes it.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._file = path.open("ab", buffering=0)
        self._lines: list[str] = []
        self._disk = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._warned = False
        self._lock()

    def cut_torn_end(self) -> int:
        """Drop a half-written last line and return its length [bytes]."""
        _, whole = read_from(self._path)
        torn = self._path.stat().st_size - whole
        self._file.truncate(whole)
        return torn

    def start(self) -> None:
        """Start to write in the background."""
        self._thread = threading.Thread(target=self._keep_flushing, name="journal", daemon=True)
        self._thread.start()

    def append(self, line: str) -> None:
        """Take a line; it is on disk within half a second."""
        self._lines.append(line)

    def flush(self) -> None:
        """Write and sync what waits.

        A write that fails (disk full) leaves the file as it was and the lines in memory.
        """
        with self._disk:
            n_lines = len(self._lines)
            if n_lines == 0:
                return
            before = os.fstat(self._file.fileno()).st_size
            try:
                _write_all(self._file.fileno(), "".join(self._lines[:n_lines]).encode())
            except OSError:
                self._file.truncate(before)
                raise
            del self._lines[:n_lines]
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Stop the thread, write what waits, and let go of the file."""
        self._closing.set()
        if self._thread is not None:
            self._thread.join()
        try:
            self.flush()
        finally:
            self._file.close()

    def _lock(self) -> None:
        """Become the one writer; a reader that looks who writes holds the lock for microseconds."""
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError as error:
                if time.monotonic() > deadline:
                    self._file.close()
                    raise ArtifactError(
                        f"{self._path}: another process is writing it. "
                        "Wait until it has ended, or end it."
                    ) from error
                time.sleep(0.05)

    def _keep_flushing(self) -> None:
        while not self._closing.wait(FLUSH_SECONDS):
            try:
                self.flush()
            except OSError as error:
                self._warn(error)

    def _warn(self, error: OSError) -> None:
        """Say once that the disk refuses; `close` raises if it still does."""
        if not self._warned:
            self._warned = True
            _logger.warning("%s: cannot be written now (%s); its lines wait.", self._path, error)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write everything: one call may take only a part of it."""
    while content:
        content = content[os.write(descriptor, content) :]
