"""Spectrograms of what was heard: for pictures alone, whatever numbers the models read."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from seqarena.errors import DataError

Spectrum = Float[np.ndarray, "frames bands"]
"""Level of each band in each frame of a recording [dB], at most 0: below its loudest point."""


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


@dataclass(frozen=True)
class Spectra:
    """A spectrum of each sequence, ragged like the sequences that they belong to."""

    offsets: Int[np.ndarray, "sequences_plus_1"]
    """The spectrum of sequence i is `levels[offsets[i]:offsets[i + 1]]`."""
    levels: Float[np.ndarray, "steps bands"]
    """[dB]"""

    def __post_init__(self) -> None:
        if self.levels.shape[0] != int(self.offsets[-1]):
            raise DataError(
                f"{self.levels.shape[0]} steps of spectra, but the offsets end at "
                f"{self.offsets[-1]}."
            )

    def sequence(self, row: int) -> Spectrum:
        """Return the spectrum of one sequence, without a copy."""
        return self.levels[self.offsets[row] : self.offsets[row + 1]]

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Spectra":
        """Return the spectra of `rows`, in that order."""
        return spectra_of([self.sequence(int(row)) for row in rows])


def spectra_of(spectra: list[Float[np.ndarray, "_ bands"]]) -> Spectra:
    """Build the record from one array for each sequence."""
    ends = np.cumsum([len(each) for each in spectra])
    return Spectra(
        np.concatenate([[0], ends]).astype(np.int64), np.concatenate(spectra).astype(np.float32)
    )


def below_loudest(levels: Spectrum, floor: float) -> Spectrum:
    """Count from the loudest point of a recording, and cut what lies `floor` [dB] below it."""
    counted: np.ndarray = (levels - levels.max()).clip(min=-floor)
    return counted


def _hertz(frequency: float) -> str:
    return f"{frequency / 1000:g} kHz" if frequency >= 1000 else f"{frequency:g} Hz"
