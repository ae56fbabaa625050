"""A program that runs as long as the server does, and no longer."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from seqarena.errors import SeqarenaError
from seqarena.tracking_server.account import Account, caller, identity_of

_PR_SET_PDEATHSIG = 1
_LAST_LINES = 15


class Child:
    """One program, in a session of its own: Control-C reaches the server, which ends it in order.

    Where the server is killed, the kernel sends it the first of its farewells.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        log: Path,
        farewells: Mapping[signal.Signals, float],
        *,
        account: Account | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Start it.

        Args:
            name: What users call it.
            command: The program and its arguments, which every user of the machine can see.
            log: File to which all that it says is added.
            farewells: Signals that ask it to end, and how long each is waited for [seconds].
            account: Whom it runs as; None: the caller.
            environment: Its variables; None: the caller's.
        """
        self._name = name
        self._log = log
        self._farewells = dict(farewells)
        first = next(iter(self._farewells))
        with log.open("ab") as output:
            self._log_begins = output.tell()
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=None if environment is None else dict(environment),
                cwd="/",
                preexec_fn=lambda: ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(first)),
                **identity_of(account or caller()),
            )

    def refuse_death(self) -> None:
        """Do nothing while it runs.

        Raises:
            SeqarenaError: it has ended; the message holds its last words.
        """
        code = self._process.poll()
        if code is not None:
            raise SeqarenaError(
                f"{self._name} ended by itself (code {code}). The end of {self._log}:\n"
                f"{self._last_words()}"
            )

    def stop(self) -> None:
        """Ask it to end, ever less politely; nothing of it is left afterwards."""
        for farewell, patience in self._farewells.items():
            if self._process.poll() is None:
                self._process.send_signal(farewell)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(patience)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _last_words(self) -> str:
        with self._log.open("rb") as log:
            log.seek(self._log_begins)
            lines = log.read().decode(errors="replace").splitlines()
        return "\n".join(lines[-_LAST_LINES:])
