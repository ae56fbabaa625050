"""Which stage of a `dvc repro` failed, told by the stage to whoever started DVC.

DVC says it too, amid all else that it and the stages print. `seqarena repro` names a file in the
environment; the first stage that fails writes there who it is and what went wrong.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

FAILURE_VARIABLE = "SEQARENA_STAGE_FAILURE"
_BY_NAME = ("prepare", "train", "evaluate")
"""Stages of one task or experiment each, which is the first argument of their script."""
_OF_CODE = "stage_code"
"""The script of several stages, whose name is its first argument."""


@dataclass(frozen=True)
class StageFailure:
    """A stage that failed."""

    stage: str
    """As DVC names it."""
    message: str
    """What it said, if it could."""


def note_failure(message: str) -> None:
    """Write down that this stage failed, if anybody wants to know and no other did before."""
    told = os.environ.get(FAILURE_VARIABLE)
    if told and not Path(told).exists():
        note = {"stage": _stage_of(sys.argv), "message": message}
        Path(told).write_text(json.dumps(note), encoding="utf-8")


def read_failure(path: Path) -> StageFailure | None:
    """Return the stage that failed; None: none has said so."""
    try:
        return StageFailure(**json.loads(path.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError):
        return None


def _stage_of(argv: list[str]) -> str:
    name, arguments = Path(argv[0]).stem, argv[1:]
    if name == _OF_CODE and arguments:
        return arguments[0]
    return f"{name}@{arguments[0]}" if name in _BY_NAME and arguments else name
