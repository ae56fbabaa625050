"""One spoken digit a recording: which is it? The official split, or a speaker who never trained."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, field_validator

from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.own.audio_source import read_sound, spectrum_in
from seqarena.data.part import Part, three_parts
from seqarena.data.published.record import Published
from seqarena.data.published.sound import FSDD
from seqarena.data.sources.fsdd import (
    DIGITS,
    SPEAKERS,
    Recording,
    read_fsdd,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.spectra import Spectrum, joined
from seqarena.data.speech_features import MEL_AXIS, FeatureKind, mel_spectrum, speech_frames
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of

OFFICIAL_TEST_TAKES = 5
"""Takes 0 to 4 of every speaker and digit are the official test."""


class IsolatedDigitsConfig(SourceConfig):
    """The Free Spoken Digit Dataset (`seqarena data show fsdd`)."""

    input_kind = "frames"
    kind: Literal["spoken_digits"]
    test_speaker: str | None = None
    """Whose recordings are the test, all of them, so that his voice is in no other split; None: the
    official test, takes 0 to 4 of every speaker and digit."""
    valid_takes: int = Field(default=5, ge=1, le=40)
    """Takes of every digit that validate, the first ones that do not test, of every speaker who
    trains."""
    features: FeatureKind = "mfcc"
    """13 cepstra or 26 mel bands of each frame, with their first and second differences."""
    normalisation: Literal["mean", "mean_and_variance"] = "mean_and_variance"
    """What is taken out of each recording: its mean, or its variance too."""

    @field_validator("test_speaker")
    @classmethod
    def _is_known(cls, speaker: str | None) -> str | None:
        if speaker is not None and speaker not in SPEAKERS:
            raise ValueError(f"{speaker!r} is no speaker; expected one of {SPEAKERS}, or nothing.")
        return speaker

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (FSDD,)

    def frames_of(self, path: Path, manifest: Manifest) -> Float[np.ndarray, "frames dim"]:
        """Return the frames of a recording of somebody's own."""
        del manifest
        return _frames(read_sound(path), self)

    def spectrum_of(self, path: Path | None, frames: np.ndarray) -> Spectrum | None:
        """Return the spectrogram of a recording of somebody's own."""
        del frames
        return None if path is None else spectrum_in(path)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_isolated_digits(self)


def read_isolated_digits(config: IsolatedDigitsConfig) -> SourceData:
    """Turn every recording into frames.

    Raises:
        DataError: the archive is not there or not the published one, or leaves a split empty.
    """
    chosen: dict[Split, list[Recording]] = {split: [] for split in Split}
    for recording in read_fsdd():
        chosen[_split_of(recording, config)].append(recording)
    parts = [_part(own, config, split) for split, own in chosen.items()]
    by_speaker = config.test_speaker is not None
    return SourceData(
        schema=DataSchema(
            "classification", dim=parts[0].sequences.values.shape[1], n_classes=len(DIGITS)
        ),
        parts=three_parts(*parts),
        provenance=Provenance(
            description="isolated digits of the Free Spoken Digit Dataset",
            licence=FSDD.licence,
            citation=f"{FSDD.citation} {FSDD.official[0]}",
            versions={"librosa": version("librosa")},
        ),
        protocol={
            "split": f"one speaker left out: all recordings of {config.test_speaker} test, and "
            "validation is of the speakers who train"
            if by_speaker
            else "the official test, takes 0 to 4; every voice is in every split",
            "test_speaker": config.test_speaker,
            "valid_takes": config.valid_takes,
            "features": f"{config.features}, 25 ms windows every 10 ms, first and second "
            f"differences; per recording normalised by {config.normalisation}",
            "scored": "the label of each recording",
        },
        class_names=DIGITS,
        spectrum=MEL_AXIS,
    )


def _split_of(recording: Recording, config: IsolatedDigitsConfig) -> Split:
    """Return where a recording belongs; it depends on nothing but its speaker and take."""
    n_test = OFFICIAL_TEST_TAKES if config.test_speaker is None else 0
    if recording.speaker == config.test_speaker or recording.take < n_test:
        return Split.TEST
    return Split.VALID if recording.take < n_test + config.valid_takes else Split.TRAIN


def _part(recordings: list[Recording], config: IsolatedDigitsConfig, split: Split) -> Part:
    if not recordings:
        raise DataError(
            f"spoken_digits: no recording is left for {split.value} (test_speaker "
            f"{config.test_speaker}, valid_takes {config.valid_takes}); lower valid_takes, or "
            "complete the archive."
        )
    return Part(
        sequences_of(
            [_frames(each.sound, config) for each in recordings],
            labels=[each.digit for each in recordings],
            ids=tuple(f"{each.digit}_{each.speaker}_{each.take}" for each in recordings),
        ),
        groups=tuple(each.speaker for each in recordings),
        spectra=None
        if split is Split.TRAIN
        else joined(mel_spectrum(each.sound) for each in recordings),
    )


def _frames(sound: np.ndarray, config: IsolatedDigitsConfig) -> np.ndarray:
    return speech_frames(sound, config.features, config.normalisation)
