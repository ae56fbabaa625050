"""Nine speakers, each saying two vowels: frames of 12 cepstral coefficients, 7 to 29 of them."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.checks import refuse_empty
from seqarena.data.manifest import Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.spectra import Spectrum, SpectrumAxis, joined, lpc_envelope
from seqarena.data.stratify import stratified_share
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import Sequences, sequences_of

_CITATION = (
    "M. Kudo, J. Toyama, M. Shimbo (1999). Multidimensional curve classification using "
    "passing-through regions. Pattern Recognition Letters 20(11-13), 1103-1111."
)

_RATE = 10_000
"""Samples per second of the recordings, which nobody has published (Kudo et al. 1999)."""
ENVELOPE_AXIS = SpectrumAxis("spectral envelope", 0.0, _RATE / 2, "linear")


class JapaneseVowelsConfig(SourceConfig):
    """The official split, with a validation part carved out of its training half."""

    input_kind = "frames"
    kind: Literal["japanese_vowels"]
    valid_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of each speaker's 30 official training utterances that validates."""
    split_seed: int = Field(default=0, ge=0)
    """Seed of that choice."""

    def spectrum_of(self, path: Path | None, frames: np.ndarray) -> Spectrum | None:
        """Return the spectral envelope that the frames stand for."""
        del path
        return lpc_envelope(frames)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_japanese_vowels(self)


def read_japanese_vowels(config: JapaneseVowelsConfig) -> SourceData:
    """Read the files that aeon ships; no network is touched."""
    official_train, speakers = _read("TRAIN")
    test, test_speakers = _read("TEST")
    class_names = tuple(sorted(set(speakers)))
    train = _sequences("train", official_train, speakers, class_names)
    of_test = _sequences("test", test, test_speakers, class_names)
    return SourceData(
        schema=DataSchema("classification", dim=12, n_classes=len(class_names)),
        parts=three_parts(*_carve(train, config), Part(of_test, spectra=_envelopes(of_test))),
        provenance=Provenance(
            description="Japanese Vowels, UCI archive, as shipped with aeon",
            licence="CC BY 4.0 (data), BSD-3-Clause (aeon)",
            citation=_CITATION,
            versions={"aeon": version("aeon")},
        ),
        protocol={
            "split": "official 270/370; validation carved out of the official training utterances, "
            "the same share of every speaker",
            "valid_share": config.valid_share,
            "split_seed": config.split_seed,
            "scored": "the label of each utterance",
        },
        class_names=class_names,
        spectrum=ENVELOPE_AXIS,
    )


def _read(half: str) -> tuple[list[np.ndarray], list[str]]:
    """Return one (time, 12) array per utterance, and its speaker."""
    # Imported here: aeon and numba take over a second, and no other source needs them.
    import aeon.datasets

    # By path: aeon's loader by name would ask the network for a file that it does not find.
    path = Path(aeon.datasets.__file__).parent / "data/JapaneseVowels" / f"JapaneseVowels_{half}.ts"
    utterances, speakers = aeon.datasets.load_from_ts_file(str(path))
    return [utterance.T for utterance in utterances], [f"speaker {name}" for name in speakers]


def _sequences(
    half: str, utterances: list[np.ndarray], speakers: list[str], class_names: tuple[str, ...]
) -> Sequences:
    refuse_empty(utterances, f"JapaneseVowels_{half.upper()}.ts")
    # A speaker who is not in training gets a label of its own, which the checks then refuse.
    names = [*class_names, *sorted(set(speakers) - set(class_names))]
    return sequences_of(
        utterances,
        labels=[names.index(speaker) for speaker in speakers],
        ids=tuple(f"{half}-{row}" for row in range(len(utterances))),
    )


def _carve(train: Sequences, config: JapaneseVowelsConfig) -> tuple[Part, Part]:
    rows = np.arange(len(train))
    generator = numpy_generator(config.split_seed, "japanese_vowels", "valid")
    labels = np.zeros(len(train), dtype=np.int64) if train.labels is None else train.labels
    valid = stratified_share(labels, rows, config.valid_share, generator)
    validates = train.select(valid)
    return (
        Part(train.select(np.setdiff1d(rows, valid))),
        Part(validates, spectra=_envelopes(validates)),
    )


def _envelopes(utterances: Sequences) -> np.ndarray:
    return joined(lpc_envelope(utterances.sequence(row)) for row in range(len(utterances)))
