"""Who writes a journal, and whether that process is still there."""

import fcntl
import os
import socket
import time
from functools import cache
from pathlib import Path

import psutil

from seqarena.tracking.events import Writer

STALE_HOURS = 6.0
"""A writer on another machine that was silent for so long is taken for dead [hours]."""


def this_writer() -> Writer:
    """Return the identity of the present process."""
    return _writer_of(os.getpid())


@cache
def _writer_of(pid: int) -> Writer:
    """Look the process up once."""
    return Writer(pid, psutil.Process(pid).create_time(), socket.gethostname(), _boot_identity())


@cache
def _boot_identity() -> str:
    """Return the kernel's random boot id, or the boot time where there is none."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return str(int(psutil.boot_time()))


def is_gone(journal: Path, writer: Writer, last_time: int) -> bool:
    """Say whether nobody will write to `journal` any more.

    A writer holds an advisory lock on its journal, which the kernel drops with the process. Under
    one kernel the lock decides (process ids mean nothing between containers); after a reboot the
    writer is gone; of another machine only its silence is known.

    Args:
        journal: The file.
        writer: The last process that opened it.
        last_time: Time of the last event [ms since 1970].
    """
    if writer.boot == _boot_identity():
        return not _is_locked(journal)
    if writer.host == socket.gethostname():
        return True
    return time.time() - last_time / 1000 > STALE_HOURS * 3600


def _is_locked(journal: Path) -> bool:
    """Say whether a process holds the writer's lock."""
    with journal.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
