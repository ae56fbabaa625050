"""UTKinect-Action3D: ten actions of ten persons, cut out of recordings of all ten, as skeletons."""

import re
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file, mirrored_gzip
from seqarena.data.sources.skeletons import (
    N_JOINTS,
    Action,
    Described,
    SkeletonConfig,
    skeleton_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError

FOLDER = "action_utkinect"
OFFICIAL = "https://cvrc.ece.utexas.edu/KinectDatasets/HOJ3D.html"
LICENCE = "unclear: research use"
CITATION = (
    "L. Xia, C.-C. Chen, J. K. Aggarwal (2012). View invariant human action recognition using "
    "histograms of 3D joints. CVPR workshops, 20-27."
)
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
_LABELS_SHA256 = "41def25e61f5bdadc5bec675e3474c51bff571a406cac8cd46876f07f2a6e38a"
# Of what the files hold: another program may have compressed the same bytes otherwise.
_SHA256 = {
    "s01_e01": "0da51d699c1e38260af9ca998c7b2e08c9de7fffbac6df18ca5cab58b1af4964",
    "s01_e02": "89992a9a690bbc2c3d58304f425b225387940d15781231b8d2acb20664a9d9df",
    "s02_e01": "7eec2d5854b02a1f74e6b47340d054efe789063e0ee02246aae18f915466acbf",
    "s02_e02": "8e0d8eea09d9cadbfb1b7dddddb839949b70c4217985a0628269ddf98ff66841",
    "s03_e01": "ae798fcc1b9ab2c367c93202b6e9c52cd7e451bb638fdfc5714fd07770810b39",
    "s03_e02": "859e653b2694fc63c6042761c1458800a4dbbe652f53cd8cefe40baf23a700ea",
    "s04_e01": "3a1244f544cb9e7e4c5d72a074762d2f6cea856beaaf450d6f83a34d0e21c70b",
    "s04_e02": "a49291cae5b1e52ef8e82fb9f2b7cc0ae3879a34a1ae36aa6cc31761ebd381c4",
    "s05_e01": "0d5c896ca26c2e4529f2784298d5f29995e737cc8810be97c96a5f9d031bc13f",
    "s05_e02": "f6b0a48b4a1b40698e5de2250aaee1bcf10661a3c63f0f87ebbd4e4a1dd27b40",
    "s06_e01": "32dba66af4f043ca2893fd1be2149fa56615ba0f8270ac67513bb17fbc3369a4",
    "s06_e02": "8a9ebe1b9c2864e4b79a56dc46068530944f931397969631924f57fd06b44f5e",
    "s07_e01": "37ce62788ec931acf196feb0af6d99df520c02a2a90f73e15d46ab8e2c6f2d12",
    "s07_e02": "990db6d08abf2b04ea76a56f2c1350625ebb805cf6c530a7013a4af4cced0dc8",
    "s08_e01": "1e5ff82220c50137a12a2791d31e5baa89792df87b2df537cb0545b067a018fa",
    "s08_e02": "381beef2d90cf8de810fde2c9e1542323a624f73e548793bf3b83db5aee92efa",
    "s09_e01": "5198c949338b59289aac574d2dad69f40cb526a6626933d9a0032d2f5c9bcbd8",
    "s09_e02": "a3218ddb422df3a92051e3710e5cc482c857ed2e03600a2673272a7223907642",
    "s10_e01": "ca30ec6490d0b1b69cf0a4cf30c912092525911b65e802681b3eef8c2b0bcbb9",
    "s10_e02": "8abdf619da7388bd168469b43d653e230f4713df952aa68119242a1b436d0380",
}

_HIP, _SHOULDERS = 0, 2
_RECORDING = re.compile(r"s([0-9]{2})_e[0-9]{2}")
_SEGMENT = re.compile(r"(\w+):\s+(NaN|[0-9]+)\s+(NaN|[0-9]+)")

Recording = Float[np.ndarray, "rows 61"]


class UtKinectConfig(SkeletonConfig):
    """Segments of the twenty recordings; they lie in the folder that SEQARENA_MIRROR names.

    One person tests by default; five of them are the half/half protocol.
    """

    kind: Literal["utkinect"]
    test_subjects: tuple[int, ...] = Field(default=(1,), min_length=1, strict=False)
    """Persons, 1 to 10, whose sequences are the test; they are in no other split."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_utkinect(self)


def read_utkinect(config: UtKinectConfig) -> SourceData:
    """Cut the labelled segments out of the recordings.

    Raises:
        DataError: a file is not there or not the published one, or as `segments`.
    """
    labels = mirrored_file(FOLDER, LABELS, _LABELS_SHA256, OFFICIAL)
    actions = [
        each
        for name, lines in segments(labels.read_text(encoding="ascii")).items()
        for each in cut(name, _recording(name), lines)
    ]
    described = Described(
        class_names=ACTIONS,
        provenance=Provenance(
            description=f"UTKinect-Action3D, skeletons ({OFFICIAL})",
            licence=LICENCE,
            citation=CITATION,
            versions={LABELS: f"sha256 {_LABELS_SHA256}"},
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


def _recording(name: str) -> Recording:
    file = f"joints/joints_{name}.txt.gz"
    content = mirrored_gzip(FOLDER, file, _SHA256[name], OFFICIAL)
    recording: np.ndarray = np.loadtxt(content.decode("ascii").splitlines(), ndmin=2)
    return recording
