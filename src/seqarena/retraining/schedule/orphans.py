"""What a dead scheduler left running: found by the key of its run, and ended."""

import contextlib

import psutil

from seqarena.tracking.events import Writer
from seqarena.tracking.liveness import this_writer

RUN_KEY = "SEQARENA_RUN_KEY"
"""Environment variable by which a command, and all that it starts, know their run."""


def is_gone(starter: Writer) -> bool:
    """Say whether the process that began a run is gone, as far as this machine can know."""
    here = this_writer()
    if starter.boot != here.boot:
        return starter.host == here.host
    try:
        return psutil.Process(starter.pid).create_time() != starter.started
    except psutil.NoSuchProcess:
        return True


def end_orphans(key: str, kill_seconds: float) -> int:
    """End every process of a run whose scheduler is gone; return how many there were.

    The kernel told the command to end when its scheduler did, but not what the command had started.
    """
    left = [process for process in psutil.process_iter() if _belongs_to(process, key)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, alive = psutil.wait_procs(left, kill_seconds)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    return len(left)


def _belongs_to(process: psutil.Process, key: str) -> bool:
    try:
        return process.environ().get(RUN_KEY) == key
    except (psutil.Error, OSError):
        return False
