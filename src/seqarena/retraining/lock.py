"""One retraining of a name at a time; the second says who runs."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from seqarena.retraining.outcomes import BusyError


@contextmanager
def sole_retraining(path: Path) -> Iterator[TextIO]:
    """Hold the lock; the kernel lets go of it with the process, however that ends.

    The file says who holds it. It stays behind: only the lock on it has a meaning.

    Raises:
        BusyError: another process holds it; names its pid, host and since when.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(_who(path, file)) from None
        _sign(file)
        yield file


def _sign(file: TextIO) -> None:
    since = datetime.now(UTC).isoformat(timespec="seconds")
    file.truncate(0)
    json.dump({"pid": os.getpid(), "host": socket.gethostname(), "since": since}, file)
    file.flush()


def _who(path: Path, file: TextIO) -> str:
    file.seek(0)
    try:
        told = json.loads(file.read())
        holder = f"process {told['pid']} on {told['host']} since {told['since']}"
    except (ValueError, KeyError, TypeError):  # between its lock and its signature
        holder = "a process that has just begun"
    return f"{path}: {holder} retrains this; nothing was done. Try again when it has ended."
