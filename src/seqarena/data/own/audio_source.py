"""A user's own recordings: a folder for each label."""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float

from seqarena.data.manifest import Manifest
from seqarena.data.own.assembly import own_source
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import about_frames, own_provenance, split_own
from seqarena.data.own.labelled_folders import LabelledFile, LabelledFoldersConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.spectra import Spectrum
from seqarena.data.speech_features import (
    HOP,
    MEL_AXIS,
    RATE,
    FeatureKind,
    mel_spectrum,
    speech_frames,
)
from seqarena.errors import DataError

_FEWEST_SAMPLES = 10 * HOP
"""Differences over time look at nine frames."""
_MOST_SECONDS = 3600


class AudioFolderConfig(LabelledFoldersConfig):
    """Recordings (wav, flac, mp3 or ogg) in a subfolder for each label; heard at 8 kHz."""

    endings = (".wav", ".flac", ".mp3", ".ogg")
    input_kind = "frames"
    kind: Literal["audio_folder"]
    features: FeatureKind = "mfcc"
    """`mfcc`: 13 cepstra a frame of 10 ms and their differences. `log_mel`: 26 bands and theirs."""
    normalisation: Literal["mean", "mean_and_variance"] = "mean"
    """What is taken out of each number over a recording."""

    def frames_of(self, path: Path, manifest: Manifest) -> Float[np.ndarray, "frames dim"]:
        """Return the frames of a recording of somebody's own."""
        del manifest
        return speech_frames(read_sound(path), self.features, self.normalisation)

    def spectrum_of(self, path: Path | None, frames: np.ndarray) -> Spectrum | None:
        """Return the spectrogram of a recording of somebody's own."""
        del frames
        return None if path is None else spectrum_in(path)

    def read(self) -> SourceData:
        """Make the three parts."""
        found, n_others = self.files()
        files = {split: [self._example(each) for each in own] for split, own in found.items()}
        splits, protocol = split_own(self, files)
        about = about_frames(
            "classification",
            own_provenance("recordings", self.own_paths),
            {
                **protocol,
                "group_pattern": self.group_pattern,
                "features": self.features,
                "normalisation": self.normalisation,
            },
            counts={"files_passed_over": n_others},
        )
        return replace(own_source(splits, about), spectrum=MEL_AXIS)

    def _example(self, file: LabelledFile) -> Example:
        return Example(
            str(file.path),
            file.name,
            speech_frames(read_sound(file.path), self.features, self.normalisation),
            label=file.label,
            group=file.group,
            hear=partial(spectrum_in, file.path),
        )


def spectrum_in(path: Path) -> Spectrum:
    """Return the spectrogram of a recording.

    Raises:
        DataError: as `read_sound`.
    """
    return mel_spectrum(read_sound(path))


def read_sound(path: Path) -> Float[np.ndarray, "samples"]:
    """Return a recording at 8 kHz, its channels averaged, -1 to 1.

    Raises:
        DataError: it is no sound, is shorter than a tenth of a second or longer than an hour, or
            holds a sample that is not finite.
    """
    # Heavy imports, which no other source of a user's own needs.
    import librosa
    import soundfile

    try:
        about = soundfile.info(str(path))
        if about.frames > _MOST_SECONDS * about.samplerate:
            raise DataError(f"{path}: is longer than an hour; cut it into recordings.")
        samples, rate = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError, TypeError) as error:
        raise DataError(
            f"{path}: no sound that can be read ({error}); convert it to wav."
        ) from None
    if not np.isfinite(samples).all():
        raise DataError(f"{path}: holds a sample that is not finite; repair it.")
    sound: np.ndarray = samples.mean(axis=1)
    if rate != RATE and len(sound):
        sound = librosa.resample(sound, orig_sr=rate, target_sr=RATE)
    if len(sound) < _FEWEST_SAMPLES:
        raise DataError(
            f"{path}: {len(sound) / RATE:.3f} s of sound, expected at least "
            f"{_FEWEST_SAMPLES / RATE:.1f} s; take it out."
        )
    return sound.astype(np.float32)
