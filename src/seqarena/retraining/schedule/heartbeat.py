"""The sign of life of a scheduler: a small file, written anew every few seconds."""

import os
import socket
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from seqarena.tracking.liveness import this_writer


@dataclass(frozen=True)
class Heartbeat:
    """Who lives, and when that was last so."""

    pid: int
    host: str
    boot: str
    """Identity of the machine's boot, within which `monotonic` means something."""
    since: str
    """When the scheduler began, UTC."""
    time: str
    """UTC."""
    monotonic: float
    """The clock that nobody can set [seconds since some moment of this boot]."""
    every_seconds: float
    """The next one is due after so long."""

    def age(self) -> float:
        """Return how long ago it was [seconds]: of this machine, by a clock that nobody can set."""
        if self.boot == this_writer().boot:
            return max(time.monotonic() - self.monotonic, 0.0)
        return (datetime.now(UTC) - datetime.fromisoformat(self.time)).total_seconds()

    @property
    def is_late(self) -> bool:
        """Whether three in a row are missing."""
        return self.age() > 3 * self.every_seconds + 1


_HEARTBEAT = TypeAdapter(Heartbeat)


def beat(path: Path, since: datetime, every_seconds: float) -> None:
    """Write the sign of life of this process."""
    heartbeat = Heartbeat(
        pid=os.getpid(),
        host=socket.gethostname(),
        boot=this_writer().boot,
        since=since.isoformat(timespec="seconds"),
        time=datetime.now(UTC).isoformat(timespec="seconds"),
        monotonic=time.monotonic(),
        every_seconds=every_seconds,
    )
    replace(path, _HEARTBEAT.dump_json(heartbeat))


def read_heartbeat(path: Path) -> Heartbeat | None:
    """Return the last sign of life; None: there is none, or the file is not one."""
    try:
        return _HEARTBEAT.validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def replace(path: Path, content: bytes) -> None:
    """Put a file in the place of another; a reader sees the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
