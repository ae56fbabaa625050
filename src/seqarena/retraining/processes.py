"""Commands that end with whoever started them, and all that they started themselves."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_GRACE_SECONDS = 20.0
_PR_SET_PDEATHSIG = 1
# Looked up before any fork: the child of a fork must not load libraries.
_SET_DEATH_SIGNAL = getattr(ctypes.CDLL(None), "prctl", None)


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    code: int
    output: str
    """What it wrote to both streams; empty where that was let through."""


def run_group(
    command: Sequence[str], environment: Mapping[str, str] | None = None, quiet: bool = True
) -> Done:
    """Run a command in a process group of its own, and end the group when this process must go.

    Args:
        command: program and arguments.
        environment: variables beside this process's own.
        quiet: whether to keep what it writes, or to let it through.
    """
    process = subprocess.Popen(
        command,
        env={**os.environ, **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    try:
        output, _ = process.communicate()
    except BaseException:  # whatever it is, it goes on; the group must not
        _end(process)
        raise
    return Done(process.returncode, output or "")


def _end_with_parent() -> None:
    """Ask the kernel to end this process when its parent is killed (Linux)."""
    if _SET_DEATH_SIGNAL is not None:
        _SET_DEATH_SIGNAL(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _end(process: "subprocess.Popen[str]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_GRACE_SECONDS)
            return


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM pass as an exception meanwhile, so that what was begun is put in order.

    The process then exits with 143, as one that the signal ended would.
    """

    def leave(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
