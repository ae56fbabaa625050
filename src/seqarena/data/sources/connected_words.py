"""Utterances of several words, joined from recordings of one word each."""

from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.data.manifest import Fact, Manifest, Provenance
from seqarena.data.own.audio_source import read_sound, spectrum_in
from seqarena.data.part import three_parts
from seqarena.data.published.record import Published
from seqarena.data.published.sound import FSDD
from seqarena.data.sources.fsdd import DIGITS, read_fsdd
from seqarena.data.sources.japanese_vowels import (
    ENVELOPE_AXIS,
    JapaneseVowelsConfig,
    read_japanese_vowels,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.spoken_digits import (
    SpokenDigitsConfig,
    join_sound,
    pool_of,
    speakers_of,
)
from seqarena.data.sources.word_joining import (
    Join,
    Joined,
    JoinPlan,
    Pool,
    joined_part,
    spans_of,
)
from seqarena.data.spectra import Spectrum, SpectrumAxis, lpc_envelope
from seqarena.data.speech_features import MEL_AXIS, speech_frames
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator

END = "<end>"
"""Name of the symbol that ends every transcript."""

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class SpokenVowelsConfig(BaseModel):
    """Japanese Vowels as aeon ships them: a word is the vowels of one of nine speakers."""

    model_config = _CONFIG

    kind: Literal["japanese_vowels"]
    valid_share: float = Field(default=0.2, gt=0, lt=1)
    """Share of each word's official training recordings that validates."""


class ConnectedWordsConfig(SourceConfig):
    """How many utterances of how many words, and of what."""

    input_kind = "frames"
    kind: Literal["connected_words"]
    recordings: Annotated[SpokenDigitsConfig | SpokenVowelsConfig, Field(discriminator="kind")]
    """Recordings of one word each."""
    fewest_words: int = Field(default=3, ge=1)
    """Words of the shortest utterance."""
    most_words: int = Field(default=7, ge=1, validate_default=True)
    """Words of the longest utterance; each number between is as likely."""
    n_train: int = Field(default=600, ge=1)
    """Training utterances."""
    n_valid: int = Field(default=100, ge=1)
    """Validation utterances."""
    n_test: int = Field(default=200, ge=1)
    """Test utterances."""
    seed: int = Field(default=0, ge=0)
    """Seed of the words, the recordings, the silences and the noise."""

    @field_validator("most_words")
    @classmethod
    def _not_below_the_fewest(cls, most: int, info: Any) -> int:
        fewest = info.data.get("fewest_words", most)
        if most < fewest:
            raise ValueError(f"got {most}; should be at least fewest_words ({fewest}).")
        return most

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (FSDD,) if isinstance(self.recordings, SpokenDigitsConfig) else ()

    def frames_of(self, path: Path, manifest: Manifest) -> Float[np.ndarray, "frames dim"]:
        """Return the frames of a recording of somebody's own; of vowels, a step in each line."""
        own = self.recordings
        if isinstance(own, SpokenDigitsConfig):
            return speech_frames(read_sound(path), own.features, own.normalisation)
        return super().frames_of(path, manifest)

    def spectrum_of(self, path: Path | None, frames: np.ndarray) -> Spectrum | None:
        """Return the spectrogram of a recording of somebody's own; of vowels, their envelope."""
        if isinstance(self.recordings, SpokenVowelsConfig):
            return lpc_envelope(frames)
        return None if path is None else spectrum_in(path)

    def read(self) -> SourceData:
        """Make the three parts."""
        return join_words(self)


def join_words(config: ConnectedWordsConfig) -> SourceData:
    """Draw utterances: the words evenly, each in any recording of the utterance's speaker.

    Raises:
        DataError: the recordings are not there, or a speaker lacks a word.
    """
    match config.recordings:
        case SpokenDigitsConfig() as recordings:
            return _digits(config, recordings)
        case SpokenVowelsConfig() as recordings:
            return _vowels(config, recordings)


def _digits(config: ConnectedWordsConfig, recordings: SpokenDigitsConfig) -> SourceData:
    speakers = speakers_of(recordings)
    found = read_fsdd()
    pools = {split: pool_of(found, own) for split, own in speakers.items()}

    def join(words: list[np.ndarray], generator: np.random.Generator) -> Joined:
        return join_sound(words, recordings, generator)

    return _source(
        config,
        pools,
        join,
        DIGITS,
        Provenance(
            description="connected digits, joined from the Free Spoken Digit Dataset",
            licence=FSDD.licence,
            citation=f"{FSDD.citation} {FSDD.official[0]}",
            versions={"librosa": version("librosa")},
        ),
        {
            "split": "by speaker: no speaker stands in two splits",
            **{f"{split.value}_speakers": list(own) for split, own in speakers.items()},
            "features": f"{recordings.features}, 25 ms windows every 10 ms, first and second "
            f"differences; per utterance normalised by {recordings.normalisation}",
            "longest_silence": recordings.longest_silence,
            "noise_level": recordings.noise_level,
        },
        MEL_AXIS,
    )


def _vowels(config: ConnectedWordsConfig, recordings: SpokenVowelsConfig) -> SourceData:
    isolated = read_japanese_vowels(
        JapaneseVowelsConfig(
            kind="japanese_vowels", valid_share=recordings.valid_share, split_seed=config.seed
        )
    )
    pools = {}
    for split, part in isolated.parts.items():
        said: dict[int, list[np.ndarray]] = {}
        for row, word in enumerate(
            part.sequences.labels if part.sequences.labels is not None else ()
        ):
            said.setdefault(int(word), []).append(part.sequences.sequence(row))
        pools[split] = Pool({"all": said}, tells_voices=False)
    return _source(
        config,
        pools,
        _join_vowels,
        isolated.class_names or (),
        replace(
            isolated.provenance,
            description="connected words, joined from Japanese Vowels (UCI archive, shipped with "
            "aeon)",
        ),
        {
            "split": "official 270/370 recordings; validation carved out of the training ones; no "
            "recording stands in two splits",
            "valid_share": recordings.valid_share,
            "silence": "none",
        },
        ENVELOPE_AXIS,
    )


def _join_vowels(words: list[np.ndarray], generator: np.random.Generator) -> Joined:
    """Put the frames of the words one behind the other; nothing is drawn."""
    del generator
    frames = np.concatenate(words)
    return Joined(frames, spans_of(words), partial(lpc_envelope, frames))


def _source(
    config: ConnectedWordsConfig,
    pools: dict[Split, Pool],
    join: Join,
    words: tuple[str, ...],
    provenance: Provenance,
    protocol: dict[str, Fact],
    spectrum: SpectrumAxis,
) -> SourceData:
    sizes = {Split.TRAIN: config.n_train, Split.VALID: config.n_valid, Split.TEST: config.n_test}
    n_words = (config.fewest_words, config.most_words)
    parts = three_parts(
        *(
            joined_part(
                pools[split],
                JoinPlan(split, sizes[split], n_words, words),
                join,
                numpy_generator(config.seed, config.kind, split.value),
            )
            for split in Split
        )
    )
    dims = parts[Split.TRAIN].sequences.values.shape[1]
    return SourceData(
        schema=DataSchema(
            "transduction",
            dim=dims,
            n_target_symbols=len(words) + 1,
            target_end=len(words),
            target_unit="word",
        ),
        parts=parts,
        provenance=provenance,
        protocol={
            **protocol,
            "words": f"{config.fewest_words} to {config.most_words} an utterance, drawn evenly",
            "seed": config.seed,
            "scored": "the whole transcript, without its end symbol",
        },
        target_symbols=(*words, END),
        spectrum=spectrum,
    )
