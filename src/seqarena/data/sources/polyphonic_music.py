"""Piano rolls: at each step 88 keys, each of which sounds (1) or is silent (0)."""

from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.part import Part, three_parts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.sound import POLYPHONIC_MUSIC
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.sequences import Sequences, sequences_of

N_KEYS = 88
# File and title of each corpus.
_CORPORA = {
    "jsb_chorales": ("JSB_Chorales.mat", "JSB Chorales: 382 four-part chorales by J. S. Bach"),
    "piano_midi": ("Piano_midi.mat", "Piano-midi.de: 124 classical piano pieces"),
}


class PolyphonicMusicConfig(SourceConfig):
    """A corpus in its official split (`seqarena data show polyphonic_music`)."""

    input_kind = "frames"
    frame_kind = "binary"
    kind: Literal["polyphonic_music"]
    corpus: Literal["jsb_chorales", "piano_midi"] = "jsb_chorales"
    """Which pieces: four-part chorales, or piano music."""
    scored_from: int = Field(default=0, ge=0, le=1)
    """First step of a validation or test piece that is scored. 0: every step. 1: the first step is
    given, as to the networks of Bai et al. (2018)."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (POLYPHONIC_MUSIC,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_polyphonic_music(self)


def read_polyphonic_music(config: PolyphonicMusicConfig) -> SourceData:
    """Read the corpus's three official parts, as frames of 0 and 1.

    Raises:
        DataError: the file is missing or another one.
    """
    file, title = _CORPORA[config.corpus]
    path = published_file(POLYPHONIC_MUSIC, file)
    parts = [
        Part(_sequences(split, pieces, 0 if split is Split.TRAIN else config.scored_from))
        for split, pieces in _pieces(path).items()
    ]
    return SourceData(
        schema=DataSchema("density", dim=N_KEYS, frame_kind=config.frame_kind),
        parts=three_parts(*parts),
        provenance=POLYPHONIC_MUSIC.provenance(
            f"{title}, as piano rolls of 88 keys ({POLYPHONIC_MUSIC.official[0]})", file
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
