"""The named steps of a retraining: told as they are done, and where tests stop the process."""

import sys


def passed(step: str) -> None:
    """Say that a step is done, and all before it."""
    sys.stderr.write(f"retrain: {step}\n")
    sys.stderr.flush()
