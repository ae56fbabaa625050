"""The journal of a schedule: what is in it was synced to the disk, whatever happens next.

Several processes may write: the scheduler, and runs that were started by hand. Each line is written
and synced under a lock, and a tick is claimed under the same lock, so that it has one run.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from seqarena.errors import ArtifactError
from seqarena.retraining.schedule.events import Event, RunClaimed, TickPassed, decode, encode


class ScheduleJournal:
    """One file of JSON Lines, which only grows."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, event: Event) -> None:
        """Write an event; it is on the disk when this returns.

        Raises:
            OSError: it cannot be written; the file is then as it was.
        """
        with self._locked() as file:
            _write(file, event)

    def claim(self, event: RunClaimed | TickPassed) -> bool:
        """Write an event that takes a tick; False: the tick was taken already.

        Raises:
            ArtifactError: the file was altered.
            OSError: it cannot be written; the tick is then free.
        """
        with self._locked() as file:
            if event.key in taken_keys(self._decoded(file.read())):
                return False
            _write(file, event)
            return True

    def read(self) -> list[Event]:
        """Return every event; a line that is still being written is left out.

        Raises:
            ArtifactError: a line that others follow is not an event.
        """
        try:
            return self._decoded(self.path.read_bytes())
        except FileNotFoundError:
            return []

    def _decoded(self, content: bytes) -> list[Event]:
        lines = content.split(b"\n")[:-1]
        return [self._event(number, line) for number, line in enumerate(lines, start=1)]

    def _event(self, number: int, line: bytes) -> Event:
        try:
            return decode(line)
        except ValueError:
            raise ArtifactError(
                f"{self.path}: line {number} is not an event of a schedule. The file was altered "
                "after it was written; restore it, or move it away to begin a new one."
            ) from None

    @contextmanager
    def _locked(self) -> Iterator[BinaryIO]:
        """Yield the file, alone with it, behind its last whole line."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            _cut_torn_end(file)
            file.seek(0)
            yield file
        if is_new:
            _sync_folder(self.path.parent)


def taken_keys(events: list[Event]) -> set[str]:
    """Return the keys of all ticks that were begun, or passed."""
    return {event.key for event in events if isinstance(event, RunClaimed | TickPassed)}


def _write(file: BinaryIO, event: Event) -> None:
    before = os.fstat(file.fileno()).st_size
    content = encode(event)
    try:
        while content:
            content = content[os.write(file.fileno(), content) :]
        os.fsync(file.fileno())
    except OSError:
        file.truncate(before)
        raise


def _cut_torn_end(file: BinaryIO) -> None:
    """Drop a last line that its writer could not finish."""
    end = file.seek(0, os.SEEK_END)
    file.seek(max(end - 1, 0))
    if file.read() in (b"", b"\n"):
        return
    file.seek(0)
    file.truncate(file.read().rfind(b"\n") + 1)


def _sync_folder(folder: Path) -> None:
    """Make the file's name as durable as its content."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
