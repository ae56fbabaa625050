"""Piano rolls: at each step 88 keys, each of which sounds (1) or is silent (0)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.batch import Sequences, sequences_of
from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema

N_KEYS = 88
_FOLDER = "music_polyphonic"
_OFFICIAL = "http://www-etud.iro.umontreal.ca/~boulanni/icml2012"
_CITATION = (
    "N. Boulanger-Lewandowski, Y. Bengio, P. Vincent (2012). Modeling temporal dependencies in "
    "high-dimensional sequences: application to polyphonic music generation and transcription. "
    "ICML 2012."
)


@dataclass(frozen=True)
class _Published:
    """One corpus as a file of MATLAB 5."""

    file: str
    sha256: str
    title: str


_CORPORA = {
    "jsb_chorales": _Published(
        "JSB_Chorales.mat",
        "ac0e608527cc411c7e21ef7d38be47f0de7fb6b13b3ae168b8eccf1c2a9b18d4",
        "JSB Chorales: 382 four-part chorales by J. S. Bach",
    ),
    "piano_midi": _Published(
        "Piano_midi.mat",
        "990a8a71d5764a7eaa3e78d9e5023d1470380fe2db3a1448265a97a24c8b1c34",
        "Piano-midi.de: 124 classical piano pieces",
    ),
}


class PolyphonicMusicConfig(SourceConfig):
    """A corpus in its official split; the files lie in the folder that SEQARENA_MIRROR names."""

    input_kind = "frames"
    kind: Literal["polyphonic_music"]
    corpus: Literal["jsb_chorales", "piano_midi"] = "jsb_chorales"
    """Which pieces: four-part chorales, or piano music."""
    scored_from: int = Field(default=0, ge=0, le=1)
    """First step of a validation or test piece that is scored. 0: every step. 1: the first step is
    given, as to the networks of Bai et al. (2018)."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_polyphonic_music(self)


def read_polyphonic_music(config: PolyphonicMusicConfig) -> SourceData:
    """Read the corpus's three official parts, as frames of 0 and 1.

    Raises:
        DataError: the mirror is not set, or the file is missing or another one.
    """
    published = _CORPORA[config.corpus]
    path = mirrored_file(_FOLDER, published.file, published.sha256, _OFFICIAL)
    parts = [
        Part(_sequences(split, pieces, 0 if split is Split.TRAIN else config.scored_from))
        for split, pieces in _pieces(path).items()
    ]
    return SourceData(
        schema=DataSchema("density", dim=N_KEYS, frame_kind="binary"),
        parts=three_parts(*parts),
        provenance=Provenance(
            description=f"{published.title}, as piano rolls of 88 keys ({_OFFICIAL})",
            licence="unclear: none is stated",
            citation=_CITATION,
            versions={published.file: f"sha256 {published.sha256}"},
        ),
        protocol={
            "split": "official",
            "corpus": config.corpus,
            "scored": "every step" if config.scored_from == 0 else "every step but the first",
            "scored_from": config.scored_from,
        },
        counts={"keys_never_played_in_training": _never_played(parts[0].sequences)},
    )


def _pieces(path: Path) -> dict[Split, list[np.ndarray]]:
    """Return the piano rolls of each split, (time, 88)."""
    # Imported here: half a second, and no other source needs it.
    from scipy.io import loadmat

    content = loadmat(path)
    keys = {Split.TRAIN: "traindata", Split.VALID: "validdata", Split.TEST: "testdata"}
    return {split: list(content[key][0]) for split, key in keys.items()}


def _sequences(split: Split, pieces: list[np.ndarray], scored_from: int) -> Sequences:
    return sequences_of(
        [piece.astype(np.float32) for piece in pieces],
        scored_from=[scored_from] * len(pieces) if scored_from else None,
        ids=tuple(f"{split}-{row}" for row in range(len(pieces))),
    )


def _never_played(train: Sequences) -> int:
    return int((train.values.max(axis=0) == 0).sum())
