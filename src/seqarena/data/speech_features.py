"""From sound to frames: what a recogniser hears."""

from typing import Literal

import numpy as np
from jaxtyping import Float

from seqarena.data.spectra import N_BANDS, Spectrum, SpectrumAxis, below_loudest

RATE = 8000
"""Samples per second."""
HOP = 80
"""Samples from frame to frame: 10 ms."""
_WINDOW = 200
_N_BANDS = 26
_N_CEPSTRA = 13
_LOWEST_HERTZ = 60.0
_PREEMPHASIS = 0.97

MEL_AXIS = SpectrumAxis("log-mel spectrogram", _LOWEST_HERTZ, RATE / 2, "mel")
"""Of `mel_spectrum`."""

FeatureKind = Literal["mfcc", "log_mel"]


def speech_frames(
    sound: Float[np.ndarray, "samples"],
    kind: FeatureKind,
    normalisation: Literal["mean", "mean_and_variance"],
) -> Float[np.ndarray, "frames dim"]:
    """Return a frame for each 10 ms, with its first and second differences over time.

    Windows of 25 ms, 26 mel bands from 60 Hz to 4 kHz, pre-emphasis 0.97; "mfcc" keeps 13 cepstra
    of their logarithms (39 numbers a frame), "log_mel" the bands themselves (78). Over the
    utterance each of them has mean 0, or mean 0 and variance 1, before differences are taken.
    """
    # A heavy import, which no other source needs.
    import librosa

    still = _mel_levels(sound, _N_BANDS)
    if kind == "mfcc":
        still = librosa.feature.mfcc(S=still, n_mfcc=_N_CEPSTRA)
    still = still - still.mean(axis=1, keepdims=True)
    if normalisation == "mean_and_variance":
        still = still / still.std(axis=1, keepdims=True).clip(min=1e-8)
    moving = [librosa.feature.delta(still, order=order) for order in (1, 2)]
    frames: np.ndarray = np.concatenate([still, *moving]).T.astype(np.float32)
    return frames


def mel_spectrum(sound: Float[np.ndarray, "samples"]) -> Spectrum:
    """Return 40 mel bands of the frames of `speech_frames`, with nothing taken out of them."""
    return below_loudest(_mel_levels(sound, N_BANDS).T)


def _mel_levels(sound: Float[np.ndarray, "samples"], n_bands: int) -> Float[np.ndarray, "bands _"]:
    """Return the level of each mel band in each frame of 10 ms [dB]."""
    # A heavy import, which no other source needs.
    import librosa

    emphasised = np.append(sound[:1], sound[1:] - _PREEMPHASIS * sound[:-1])
    power = librosa.feature.melspectrogram(
        y=emphasised.astype(np.float32),
        sr=RATE,
        n_fft=_WINDOW,
        hop_length=HOP,
        n_mels=n_bands,
        fmin=_LOWEST_HERTZ,
        fmax=RATE / 2,
    )
    levels: np.ndarray = librosa.power_to_db(power, top_db=None)
    return levels
