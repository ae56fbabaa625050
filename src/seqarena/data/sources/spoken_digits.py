"""Recordings of digits: who speaks in which split, and how a digit follows another."""

from functools import partial
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.data.sources.fsdd import SPEAKERS, Recording
from seqarena.data.sources.word_joining import Joined, Pool
from seqarena.data.speech_features import HOP, RATE, FeatureKind, mel_spectrum, speech_frames
from seqarena.data.splits import Split


class SpokenDigitsConfig(BaseModel):
    """English digits of the Free Spoken Digit Dataset; an utterance is of one speaker."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["fsdd"]
    test_speakers: tuple[str, ...] = Field(default=("yweweler",), min_length=1, strict=False)
    """Speakers of the test split; they are in no other."""
    valid_speakers: tuple[str, ...] = Field(
        default=("theo",), min_length=1, strict=False, validate_default=True
    )
    """Speakers of the validation split; the others train."""
    features: FeatureKind = "mfcc"
    """13 cepstra or 26 mel bands of each frame, with their differences."""
    normalisation: Literal["mean", "mean_and_variance"] = "mean"
    """What is taken out of each utterance: its mean, or its variance too."""
    longest_silence: float = Field(default=0.3, ge=0, le=5)
    """Longest silence before, between and after words [seconds]; each is drawn from 0 to this."""
    noise_level: float = Field(default=-30.0, le=0)
    """Level of the noise under the whole utterance, below that of its words [dB]."""

    @field_validator("test_speakers", "valid_speakers")
    @classmethod
    def _known(cls, speakers: tuple[str, ...], info: Any) -> tuple[str, ...]:
        for speaker in speakers:
            if speaker not in SPEAKERS:
                raise ValueError(f"{speaker!r} is no speaker; expected some of {SPEAKERS}.")
            if info.field_name == "valid_speakers" and speaker in info.data.get(
                "test_speakers", ()
            ):
                raise ValueError(f"{speaker!r} is a test speaker already; take another.")
        return speakers

    @field_validator("valid_speakers")
    @classmethod
    def _some_are_left(cls, speakers: tuple[str, ...], info: Any) -> tuple[str, ...]:
        if not set(SPEAKERS) - set(speakers) - set(info.data.get("test_speakers", ())):
            raise ValueError("no speaker is left to train on; test and validate with fewer.")
        return speakers


def speakers_of(config: SpokenDigitsConfig) -> dict[Split, tuple[str, ...]]:
    """Return the speakers of each split: who neither validates nor tests trains."""
    taken = {*config.valid_speakers, *config.test_speakers}
    return {
        Split.VALID: config.valid_speakers,
        Split.TEST: config.test_speakers,
        Split.TRAIN: tuple(each for each in SPEAKERS if each not in taken),
    }


def pool_of(recordings: list[Recording], speakers: tuple[str, ...]) -> Pool:
    """Return the recordings of these speakers, by speaker and digit."""
    by_voice: dict[str, dict[int, list[np.ndarray]]] = {speaker: {} for speaker in speakers}
    for each in recordings:
        if each.speaker in by_voice:
            by_voice[each.speaker].setdefault(each.digit, []).append(each.sound)
    return Pool(by_voice)


def join_sound(
    words: list[np.ndarray], config: SpokenDigitsConfig, generator: np.random.Generator
) -> Joined:
    """Join recordings, with silences of random length around them and noise under all."""
    longest = int(config.longest_silence * RATE)
    gaps = [np.zeros(generator.integers(0, longest + 1), np.float32) for _ in range(len(words) + 1)]
    parts = [part for pair in zip(gaps, words, strict=False) for part in pair] + gaps[-1:]
    sound = np.concatenate(parts)
    level = np.sqrt(np.mean(np.concatenate(words).astype(np.float64) ** 2))
    # Without noise a silence would have a logarithm of minus infinity, and no variance.
    noise = generator.normal(size=len(sound)) * level * 10.0 ** (config.noise_level / 20.0)
    heard = (sound + noise).astype(np.float32)
    frames = speech_frames(heard, config.features, config.normalisation)
    borders = np.cumsum([len(part) for part in parts])
    spans = np.stack(
        [borders[0:-1:2] // HOP, np.minimum(borders[1::2] // HOP + 1, len(frames))], axis=1
    )
    return Joined(frames, spans, partial(mel_spectrum, heard))
