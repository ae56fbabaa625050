"""What a command printed: its last lines, fit for a terminal, a page and a journal."""

import re
import signal
from collections.abc import Iterable
from pathlib import Path

N_LINES = 20
"""Lines that the journal keeps of a run."""
_MAX_LINE = 500
_MAX_TAIL = 64_000
_ESCAPE = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[@-Z\\-_])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Characters that steer a terminal, or turn the direction of a text."""


def last_lines(log: Path, secrets: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the last lines of a log that are not empty, without control characters and secrets."""
    with log.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(size - _MAX_TAIL, 0))
        text = file.read().decode("utf-8", errors="replace")
    # A progress bar rewrites its line: what stands after the last return is what a reader saw.
    lines = (line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n"))
    shown = [inert(hidden(line, secrets)).rstrip() for line in lines]
    return tuple(line for line in shown if line)[-N_LINES:]


def inert(text: str) -> str:
    """Return a text as one line that a terminal shows and does not obey, at most 500 characters."""
    plain = _UNSEEN.sub("", _ESCAPE.sub("", text.replace("\t", "    ").replace("\n", " ")))
    return plain if len(plain) <= _MAX_LINE else f"{plain[: _MAX_LINE - 1]}…"


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Return a text with `***` in the place of every secret."""
    for secret in sorted((each for each in secrets if each), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def reason(cause: str, exit_code: int, lines: tuple[str, ...]) -> str:
    """Say in a line why a run ended as it did."""
    last = lines[-1] if lines else "it printed nothing"
    if cause:
        return cause
    if exit_code == 0:
        return last
    if exit_code < 0:
        hint = ", perhaps for want of memory" if -exit_code == signal.SIGKILL else ""
        return f"ended by signal {-exit_code} ({signal.strsignal(-exit_code)}){hint}: {last}"
    return f"exit code {exit_code}: {last}"
