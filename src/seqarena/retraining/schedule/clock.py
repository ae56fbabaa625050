"""Notices when the clock of the machine was set, or stood still while the machine slept."""

import time
from datetime import UTC, datetime

JUMP_SECONDS = 30.0
"""Smaller ones are what keeping time in step does."""


class ClockWatch:
    """Compares the clock that people set with the one that nobody can."""

    def __init__(self) -> None:
        self._told = datetime.now(UTC)
        self._passed = time.monotonic()

    def jump(self) -> float:
        """Return how far the clock went beyond the time that passed since the last call [seconds].

        Negative: it was set back. Zero: not far enough to matter.
        """
        told, passed = datetime.now(UTC), time.monotonic()
        jump = (told - self._told).total_seconds() - (passed - self._passed)
        self._told, self._passed = told, passed
        return jump if abs(jump) >= JUMP_SECONDS else 0.0
