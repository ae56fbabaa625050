"""Spectrograms: what is loud where, in which band, and what a task keeps of them."""

import numpy as np
import pytest
from scipy.signal import freqz

from seqarena.batch import sequences_of
from seqarena.data.arrow_store import read_part, write_split
from seqarena.data.content import content_sha256
from seqarena.data.part import Part
from seqarena.data.sources.japanese_vowels import ENVELOPE_AXIS
from seqarena.data.spectra import SpectrumAxis, below_loudest, joined, lpc_envelope
from seqarena.data.speech_features import MEL_AXIS, RATE, mel_spectrum, speech_frames
from seqarena.data.splits import Split
from seqarena.errors import DataError

FRAMES = [np.ones((n, 2), np.float32) for n in (2, 1, 3)]
SPECTRA = [np.arange(3.0 * n).reshape(n, 3) - 9 for n in (2, 1, 3)]


def part(**more) -> Part:
    return Part(sequences_of(FRAMES), spectra=joined(SPECTRA), **more)


def test_spectra_are_stored_and_selected_and_no_other_data(tmp_path):
    write_split(tmp_path, Split.TEST, part())
    read = read_part(tmp_path, Split.TEST)
    for row, spectrum in enumerate(SPECTRA):
        np.testing.assert_array_equal(read.spectrum(row), spectrum)
    chosen = read.select(np.array([2, 0]))
    np.testing.assert_array_equal(chosen.spectrum(0), SPECTRA[2])
    np.testing.assert_array_equal(chosen.spectrum(1), SPECTRA[0])
    # Their last bits are the processor's, and the data of a fit is the same on every machine.
    bare = Part(sequences_of(FRAMES))
    assert content_sha256(read) == content_sha256(bare)
    write_split(tmp_path, Split.VALID, bare)
    assert read_part(tmp_path, Split.VALID).spectra is None


def test_spectra_of_other_frames_and_those_of_nothing_are_refused():
    with pytest.raises(DataError) as caught:
        Part(sequences_of(FRAMES), spectra=joined(SPECTRA[1:]))
    assert str(caught.value) == "spectra of 4 frames for 6 steps; give one for each."
    with pytest.raises(DataError, match="nothing was heard"):
        Part(sequences_of(FRAMES)).spectrum(0)


def test_levels_count_from_the_loudest_point_and_end_at_the_floor():
    levels = np.array([[-100.0, -20.0], [10.0, -60.0]])
    assert below_loudest(levels).tolist() == [[-60.0, -30.0], [0.0, -60.0]]


@pytest.mark.parametrize("hertz", [300, 1000, 3000])
def test_a_tone_is_loudest_in_its_own_mel_band(hertz):
    """Slaney's scale: linear to 1 kHz, 27 mels for a factor of 6.4 above; 60 Hz to 4 kHz."""

    def mel(frequency):
        return (
            frequency * 3 / 200
            if frequency < 1000
            else 15 + 27 * np.log(frequency / 1e3) / np.log(6.4)
        )

    sound = np.sin(2 * np.pi * hertz * np.arange(RATE // 2) / RATE).astype(np.float32)
    levels = mel_spectrum(sound)
    expected = (mel(hertz) - mel(60)) / (mel(4000) - mel(60)) * (levels.shape[1] + 1) - 1
    assert np.abs(levels[5:-5].argmax(axis=1) - expected).max() <= 1
    assert levels.max() == 0 and levels.min() == -60


def test_there_is_a_spectrum_for_each_frame_that_a_model_reads():
    sound = np.random.default_rng(0).normal(size=4321).astype(np.float32)
    for kind in ("mfcc", "log_mel"):
        assert len(mel_spectrum(sound)) == len(speech_frames(sound, kind, "mean"))


def test_the_envelope_is_that_of_the_filter_whose_cepstra_came():
    """Cepstra of an all-pole filter are sums of the powers of its poles, over n."""
    poles = 0.8 * np.exp(1j * np.pi * np.array([0.15, -0.15, 0.6, -0.6]))
    orders = np.arange(1, 60)
    cepstra = (poles[:, None] ** orders).sum(axis=0).real / orders
    levels = lpc_envelope(cepstra[None].astype(np.float32))[0]
    angles = np.pi * (np.arange(levels.size) + 0.5) / levels.size
    _, response = freqz([1.0], np.poly(poles).real, worN=angles)
    expected = 20 * np.log10(np.abs(response))
    np.testing.assert_allclose(levels, expected - expected.max(), atol=1e-3)


def test_the_ends_of_an_axis_are_written_in_hertz():
    assert MEL_AXIS.ends == ("60 Hz", "4 kHz")
    assert ENVELOPE_AXIS.ends == ("0 Hz", "5 kHz")
    assert SpectrumAxis("s", 62.5, 5512.5, "mel").ends == ("62.5 Hz", "5.5125 kHz")
