"""Spectrograms of what was heard: for pictures alone, whatever numbers the models read."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float

Spectrum = Float[np.ndarray, "frames bands"]
"""Level of each band in each frame of a recording [dB], at most 0: below its loudest point."""
Hear = Callable[[], Spectrum]
"""Computes one, for who is shown it."""

N_BANDS = 40
"""Of a picture: as many as a window of 25 ms tells apart."""
_RANGE = 60.0
"""What lies further below the loudest point of a recording is not shown [dB]."""


@dataclass(frozen=True)
class SpectrumAxis:
    """What the bands of a task's spectrograms are."""

    name: str
    """What is drawn: "log-mel spectrogram"."""
    lowest: float
    """[Hz]"""
    highest: float
    """[Hz]"""
    scale: Literal["mel", "linear"]
    """How the bands lie between them."""

    @property
    def ends(self) -> tuple[str, str]:
        """The lowest and the highest frequency, as they stand beside a picture."""
        return _hertz(self.lowest), _hertz(self.highest)


def joined(spectra: Iterable[Float[np.ndarray, "_ bands"]]) -> Float[np.ndarray, "steps bands"]:
    """Put the spectra of a split's examples one behind the other, as `Part` holds them."""
    steps: np.ndarray = np.concatenate(list(spectra)).astype(np.float32)
    return steps


def below_loudest(levels: Spectrum) -> Spectrum:
    """Count from the loudest point of a recording, and cut what lies 60 dB or more below it."""
    counted: np.ndarray = (levels - levels.max()).clip(min=-_RANGE).astype(np.float32)
    return counted


def lpc_envelope(cepstra: Float[np.ndarray, "frames order"]) -> Spectrum:
    """Return the spectral envelope that cepstra of linear prediction stand for, without its gain.

    log |H(w)| = sum over n of c_n cos(n w): Rabiner and Juang (1993), section 4.5. The bands lie
    evenly from 0 to half of the rate.
    """
    angles = np.pi * (np.arange(N_BANDS) + 0.5) / N_BANDS
    waves = np.cos(np.outer(np.arange(1, cepstra.shape[1] + 1), angles))
    decibels: np.ndarray = 20 / np.log(10) * (cepstra.astype(np.float64) @ waves)
    return below_loudest(decibels)


def _hertz(frequency: float) -> str:
    return f"{frequency / 1000:g} kHz" if frequency >= 1000 else f"{frequency:g} Hz"
