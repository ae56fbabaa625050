"""UTKinect-Action3D: ten actions of ten persons, cut out of recordings of all ten, as skeletons."""

import re
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from seqarena.data.published.checked_files import published_content, published_file
from seqarena.data.published.record import Published
from seqarena.data.published.skeletons import UTKINECT
from seqarena.data.sources.skeletons import (
    N_JOINTS,
    Action,
    Described,
    SkeletonConfig,
    skeleton_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError

ACTIONS = (
    "walk",
    "sitDown",
    "standUp",
    "pickUp",
    "carry",
    "throw",
    "push",
    "pull",
    "waveHands",
    "clapHands",
)
LABELS = "joints/actionLabel_modified.txt"

_HIP, _SHOULDERS = 0, 2
_RECORDING = re.compile(r"s([0-9]{2})_e[0-9]{2}")
_SEGMENT = re.compile(r"(\w+):\s+(NaN|[0-9]+)\s+(NaN|[0-9]+)")

Recording = Float[np.ndarray, "rows 61"]


class UtKinectConfig(SkeletonConfig):
    """Segments of the twenty published recordings (`seqarena data show utkinect`).

    One person tests by default; five of them are the half/half protocol.
    """

    kind: Literal["utkinect"]
    test_subjects: tuple[int, ...] = Field(default=(1,), min_length=1, strict=False)
    """Persons, 1 to 10, whose sequences are the test; they are in no other split."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (UTKINECT,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_utkinect(self)


def read_utkinect(config: UtKinectConfig) -> SourceData:
    """Cut the labelled segments out of the recordings.

    Raises:
        DataError: a file is not there or not the published one, or as `segments`.
    """
    found = segments(published_file(UTKINECT, LABELS).read_text(encoding="ascii"))
    actions = [each for name, lines in found.items() for each in cut(name, _recording(name), lines)]
    described = Described(
        class_names=ACTIONS,
        provenance=UTKINECT.provenance(
            f"UTKinect-Action3D, skeletons ({UTKINECT.official[0]})",
            LABELS,
            *map(_file, found),
        ),
        protocol={
            "sequences": "the 199 segments of actionLabel_modified.txt, which mends seven lines of "
            "the official actionLabel.txt; a frame that is stored twice counts once",
        },
    )
    return skeleton_source(actions, config, described, _HIP, _SHOULDERS)


def segments(text: str) -> dict[str, dict[str, tuple[int, int]]]:
    """Return first and last frame number of each action, by recording; absent actions are left out.

    Raises:
        DataError: a line names neither a recording nor an action with two frame numbers.
    """
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        segment = _SEGMENT.fullmatch(line)
        if _RECORDING.fullmatch(line):
            found[line] = {}
        elif segment is None or not found or segment.group(1) not in ACTIONS:
            if line:
                raise DataError(
                    f"{LABELS}, line {number}: {line!r}; expected a recording (s01_e01) or an "
                    "action with its first and last frame (walk: 252 390)."
                )
        elif "NaN" not in segment.groups():
            name, first, last = segment.groups()
            found[list(found)[-1]][name] = (int(first), int(last))
    return found


def cut(name: str, recording: Recording, lines: dict[str, tuple[int, int]]) -> list[Action]:
    """Return the segments of one recording.

    Raises:
        DataError: no frame lies between the first and the last of a segment.
    """
    numbers, kept = np.unique(recording[:, 0], return_index=True)
    joints = recording[kept, 1:].reshape(-1, N_JOINTS, 3)
    actions = []
    for action, (first, last) in lines.items():
        inside = (numbers >= first) & (numbers <= last)
        if not inside.any():
            raise DataError(f"{name}: {action}: no frame from {first} to {last}; mend the labels.")
        subject = int(name[1:3])
        actions.append(Action(f"{name}-{action}", subject, ACTIONS.index(action), joints[inside]))
    return actions


def _file(name: str) -> str:
    return f"joints/joints_{name}.txt.gz"


def _recording(name: str) -> Recording:
    content = published_content(UTKINECT, _file(name))
    recording: np.ndarray = np.loadtxt(content.decode("ascii").splitlines(), ndmin=2)
    return recording
