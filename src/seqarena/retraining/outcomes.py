"""How a retraining or a rollback can end, and with which exit code."""

from dataclasses import dataclass
from enum import IntEnum

from seqarena.errors import SeqarenaError


class ExitCode(IntEnum):
    """What the process tells whoever started it; 2 (settings) and 1 come from every command."""

    DONE = 0
    """Promoted, rolled back, or nothing new."""
    FAILED = 1
    """Something broke; the champion serves on, and the next run goes on where this one stopped."""
    SETTINGS = 2
    """params.yaml or an argument cannot be used; nothing was tried."""
    REJECTED = 3
    """The challenger did not pass the gate; the champion serves on."""
    REFUSED = 4
    """The data cannot be used, or is not trusted; the champion serves on."""
    BUSY = 5
    """Another retraining of this name runs; it says which."""
    MOVED = 6
    """The registry's champion is not the expected one; nothing was moved."""


@dataclass(frozen=True)
class Outcome:
    """How it ended, and the lines that say so."""

    code: ExitCode
    lines: tuple[str, ...]


class RefusedError(SeqarenaError):
    """Data that cannot be trained on; the message is the reason."""


class MovedError(SeqarenaError):
    """The champion of the registry is not the one that was expected."""
