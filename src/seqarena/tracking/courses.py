"""How one number of a run went on over its epochs, read from its journal."""

import json
from dataclasses import dataclass
from pathlib import Path

from seqarena.errors import ArtifactError

_MARKS = (b'{"kind": "begin"', b'{"kind": "resume"')


@dataclass(frozen=True)
class NumberCourse:
    """One number, step by step; a step that was done twice stands here once, as it was last."""

    steps: tuple[int, ...]
    values: tuple[float, ...]
    seconds: tuple[float, ...]
    """Wall time since the run began, without the time in which it was stopped."""


def course_of(journal: Path, name: str) -> NumberCourse:
    """Return what a journal tells of the metric `name`; empty where it tells nothing.

    A line is looked into only if it is about that number, for there are thousands of others.

    Raises:
        ArtifactError: there is no such file, or a line of it is not whole.
    """
    wanted = f'"name": {json.dumps(name)},'.encode()
    try:
        lines = journal.read_bytes().splitlines()
        return _course(lines, wanted)
    except OSError as error:
        raise ArtifactError(f"{journal}: cannot be read ({error.strerror}); fit again.") from None
    except (ValueError, KeyError) as error:
        raise ArtifactError(
            f"{journal}: was altered ({error!r}); fit the experiment again."
        ) from None


def _course(lines: list[bytes], wanted: bytes) -> NumberCourse:
    found: dict[int, tuple[float, float]] = {}
    began = 0
    for place, line in enumerate(lines):
        if line.startswith(_MARKS):
            time = int(json.loads(line)["time"])
            last = int(json.loads(lines[place - 1])["time"]) if place else time
            # What a run did after its last checkpoint is done again; the pause does not count.
            began += time - last if place else time
        elif wanted in line:
            event = json.loads(line)
            found[int(event["step"])] = (float(event["value"]), (event["time"] - began) / 1000)
    steps = tuple(sorted(found))
    return NumberCourse(
        steps, tuple(found[step][0] for step in steps), tuple(found[step][1] for step in steps)
    )
