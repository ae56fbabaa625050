"""Isolated digits: which recording is in which split, and what is refused."""

import io
import os
import tarfile
import wave

import numpy as np
import pytest

from published_scenes import stand_in
from seqarena.data.leakage import LeakageConfig, refuse_leakage
from seqarena.data.published.sound import FSDD
from seqarena.data.sources import fsdd
from seqarena.data.sources.fsdd import SPEAKERS
from seqarena.data.sources.isolated_digits import IsolatedDigitsConfig, read_isolated_digits
from seqarena.data.speech_features import MEL_AXIS, mel_spectrum, speech_frames
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse

needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)


def configured(**more) -> IsolatedDigitsConfig:
    return parse(IsolatedDigitsConfig, {"kind": "spoken_digits", **more}, "tasks.t.source")


def tone(digit: int, take: int) -> np.ndarray:
    time = np.arange(1600 + 80 * take) / 8000
    return (8000 * np.sin(2 * np.pi * (400 + 300 * digit) * time)).astype("<i2")


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Eight takes of two digits by every speaker, in place of the published archive."""
    (tmp_path / "speech_fsdd").mkdir()
    path = tmp_path / "speech_fsdd" / "recordings.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        for digit, speaker, take in np.ndindex(2, len(SPEAKERS), 8):
            content = io.BytesIO()
            with wave.open(content, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(8000)
                file.writeframes(tone(digit, take).tobytes())
            info = tarfile.TarInfo(f"{digit}_{SPEAKERS[speaker]}_{take}.wav")
            info.size = len(content.getvalue())
            out.addfile(info, io.BytesIO(content.getvalue()))
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    monkeypatch.setattr(fsdd, "FSDD", stand_in(FSDD, tmp_path))


def takes_and_speakers(source, split):
    names = [name.split("_") for name in source.parts[split].sequences.ids]
    return {int(take) for _, _, take in names}, {speaker for _, speaker, _ in names}


@pytest.mark.slow
def test_the_official_test_is_takes_0_to_4_of_everybody(mirror):
    source = read_isolated_digits(configured(valid_takes=1))
    assert takes_and_speakers(source, Split.TEST) == ({0, 1, 2, 3, 4}, set(SPEAKERS))
    assert takes_and_speakers(source, Split.VALID) == ({5}, set(SPEAKERS))
    assert takes_and_speakers(source, Split.TRAIN) == ({6, 7}, set(SPEAKERS))
    message = r"test .* is of group '\w+', .*: 60 of 60 examples are such shared_groups"
    with pytest.raises(DataError, match=message):
        refuse_leakage(source.parts, LeakageConfig())
    counts = refuse_leakage(source.parts, LeakageConfig(max_shared_groups=1))
    assert (counts["shared_groups_in_valid"], counts["shared_groups_in_test"]) == (12, 60)


@pytest.mark.slow
def test_a_speaker_who_is_left_out_is_in_no_other_split(mirror):
    source = read_isolated_digits(configured(test_speaker="theo", valid_takes=2))
    others = set(SPEAKERS) - {"theo"}
    assert takes_and_speakers(source, Split.TEST) == (set(range(8)), {"theo"})
    assert takes_and_speakers(source, Split.VALID) == ({0, 1}, others)
    assert takes_and_speakers(source, Split.TRAIN) == (set(range(2, 8)), others)
    counts = refuse_leakage(source.parts, LeakageConfig())
    assert (counts["shared_groups_in_valid"], counts["shared_groups_in_test"]) == (20, 0)


@pytest.mark.slow
def test_frames_and_labels_are_those_of_the_recording(mirror):
    source = read_isolated_digits(
        configured(valid_takes=1, features="log_mel", normalisation="mean")
    )
    test = source.parts[Split.TEST].sequences
    row = test.ids.index("1_lucas_3")
    sound = (tone(1, 3) / 32768.0).astype(np.float32)
    expected = speech_frames(sound, "log_mel", "mean")
    np.testing.assert_array_equal(test.sequence(row), expected)
    assert test.labels[row] == 1
    assert (source.schema.dim, source.schema.n_classes) == (78, 10)


@pytest.mark.slow
def test_what_is_shown_has_the_spectrogram_of_its_own_recording(mirror):
    source = read_isolated_digits(configured(valid_takes=1))
    test = source.parts[Split.TEST]
    for name in ("0_theo_2", "1_lucas_3"):
        digit, _, take = name.split("_")
        sound = (tone(int(digit), int(take)) / 32768.0).astype(np.float32)
        found = test.spectrum(test.sequences.ids.index(name))
        np.testing.assert_array_equal(found, mel_spectrum(sound))
    assert source.spectrum == MEL_AXIS
    assert source.parts[Split.VALID].spectra is not None
    assert source.parts[Split.TRAIN].spectra is None


@pytest.mark.slow
def test_a_split_without_a_recording_is_refused(mirror):
    with pytest.raises(DataError) as caught:
        read_isolated_digits(configured(valid_takes=3))
    assert str(caught.value) == (
        "spoken_digits: no recording is left for train (test_speaker None, valid_takes 3); lower "
        "valid_takes, or complete the archive."
    )


def test_an_unknown_speaker_is_refused():
    with pytest.raises(ConfigError) as caught:
        configured(test_speaker="frank")
    assert str(caught.value) == (
        "tasks.t.source.test_speaker: 'frank' is no speaker; expected one of "
        f"{SPEAKERS}, or nothing."
    )


@needs_mirror
@pytest.mark.slow
def test_the_published_archive_has_300_official_test_recordings():
    source = read_isolated_digits(configured())
    assert [len(part.sequences) for part in source.parts.values()] == [2_400, 300, 300]
    assert np.bincount(source.parts[Split.TEST].sequences.labels).tolist() == [30] * 10
