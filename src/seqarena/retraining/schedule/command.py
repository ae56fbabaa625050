"""One command, from its start to its verdict, in a process group of its own."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from seqarena.retraining.schedule.outcomes import Outcome


@dataclass(frozen=True)
class CommandEnd:
    """How a command ended."""

    outcome: Outcome
    exit_code: int
    """-n when signal n ended it."""
    seconds: float
    """By the monotonic clock."""
    cause: str
    """Why, if somebody here ended it; empty otherwise."""


class Command:
    """A running command: it may end by itself, at its time limit, or when it is told to.

    Its standard streams go to a file. Descriptors in `inherited` stay open in it (a lock).
    """

    def __init__(
        self,
        words: Sequence[str],
        folder: Path,
        log: Path,
        environment: Mapping[str, str],
        inherited: Sequence[int] = (),
    ) -> None:
        """Start it."""
        self._ended_as: tuple[Outcome, str] | None = None
        self._guard = threading.Lock()
        self._begun = time.monotonic()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"{__package__}.child", str(os.getpid()), *words],
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                pass_fds=tuple(inherited),
                # Control-C in a terminal is for the scheduler, which then decides.
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process, and process group."""
        return self._process.pid

    def wait(self, limit_seconds: float | None, kill_seconds: float) -> CommandEnd:
        """Return when it has ended; at its limit it is told to, and then made to."""
        try:
            code = self._process.wait(limit_seconds)
        except subprocess.TimeoutExpired:
            cause = f"it took longer than its limit of {limit_seconds:g} seconds"
            self.end("timed_out", cause, kill_seconds)
            code = self._process.wait()
        seconds = time.monotonic() - self._begun
        if self._ended_as is not None:
            outcome, cause = self._ended_as
            return CommandEnd(outcome, code, seconds, cause)
        return CommandEnd(_outcome_of(code), code, seconds, "")

    def end(self, outcome: Outcome, cause: str, kill_seconds: float) -> None:
        """Tell the whole group to end; what is left after `kill_seconds` is killed."""
        with self._guard:
            if self._process.poll() is not None:
                return
            self._ended_as = self._ended_as or (outcome, cause)
        # Of those that began a session of their own, too: a group does not hold them.
        below = self._descendants()
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(kill_seconds)
        below += self._descendants()
        # Also when the command itself is gone: its children may have stayed.
        self._signal(signal.SIGKILL)
        for process in below:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _descendants(self) -> list[psutil.Process]:
        """Return what lives below the command; psutil knows them again by when they began."""
        try:
            return psutil.Process(self._process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


def _outcome_of(code: int) -> Outcome:
    if code == 0:
        return "succeeded"
    # A shell, or a Python that catches the signal, reports it as 128 + n.
    is_signal = code < 0 or code - 128 in (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)
    return "killed" if is_signal else "failed"
