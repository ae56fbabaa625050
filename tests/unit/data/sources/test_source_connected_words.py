"""Connected words: who speaks where, what is joined to what, and what is refused."""

import io
import os
import tarfile
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from published_scenes import refusal, stand_in
from seqarena.data.published.checksums import sha256_of
from seqarena.data.published.sound import FSDD
from seqarena.data.sources import fsdd
from seqarena.data.sources.connected_words import ConnectedWordsConfig, join_words
from seqarena.data.sources.fsdd import DIGITS, SPEAKERS, read_archive
from seqarena.data.sources.japanese_vowels import ENVELOPE_AXIS
from seqarena.data.spectra import lpc_envelope
from seqarena.data.speech_features import MEL_AXIS
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse

SMALL = {"kind": "connected_words", "n_train": 12, "n_valid": 4, "n_test": 4}


def configured(recordings, **more) -> ConnectedWordsConfig:
    raw = {**SMALL, "recordings": recordings, **more}
    return parse(ConnectedWordsConfig, raw, "tasks.t.source")


def wav(samples: np.ndarray, rate=8000, channels=1) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def archive(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as out:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            out.addfile(info, io.BytesIO(content))
    return path


def tone(digit: int, speaker: str) -> np.ndarray:
    """Digit d is a tone of 400 + 300 d hertz; each speaker has a length of his own."""
    time = np.arange(1600 + 160 * SPEAKERS.index(speaker)) / 8000
    return 8000 * np.sin(2 * np.pi * (400 + 300 * digit) * time)


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """A mirror with an archive of tones in place of the published one."""
    (tmp_path / "speech_fsdd").mkdir()
    path = archive(
        tmp_path / "speech_fsdd" / "recordings.tar.gz",
        {
            f"{digit}_{speaker}_0.wav": wav(tone(digit, speaker))
            for digit in range(10)
            for speaker in SPEAKERS
        },
    )
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    monkeypatch.setattr(fsdd, "FSDD", stand_in(FSDD, tmp_path))
    return path


@pytest.mark.slow
def test_no_speaker_stands_in_two_splits(mirror):
    source = join_words(configured({"kind": "fsdd", "test_speakers": ["lucas", "george"]}))
    voices = {
        split: {name.split("-")[2] for name in part.sequences.ids}
        for split, part in source.parts.items()
    }
    assert voices[Split.TEST] <= {"lucas", "george"}
    assert voices[Split.VALID] == {"theo"}
    assert voices[Split.TRAIN] <= {"jackson", "nicolas", "yweweler"}
    for part in source.parts.values():
        assert list(part.groups) == [name.split("-")[2] for name in part.sequences.ids]
    assert source.protocol["train_speakers"] == ["jackson", "nicolas", "yweweler"]
    assert source.protocol["test_speakers"] == ["lucas", "george"]


@pytest.mark.slow
def test_words_stand_where_the_alignment_says(mirror):
    """Loud frames are those of a word, and the same word always sounds the same."""
    recordings = {"kind": "fsdd", "features": "log_mel", "noise_level": -60.0}
    train = join_words(configured(recordings)).parts[Split.TRAIN]
    for row in range(len(train.sequences)):
        bands = train.sequences.sequence(row)[:, :26]
        said = train.sequences.target.sequence(row)[:-1]
        *spans, end = train.alignment.sequence(row).tolist()
        assert end == [-1, -1]
        is_word = np.zeros(len(bands), dtype=bool)
        for first, after in spans:
            is_word[first:after] = True
        is_loud = bands.max(axis=1) > 9.0
        # A window of 25 ms sees a word two frames before it begins and after it ends.
        assert (is_loud != is_word).sum() <= 4 * (len(said) + 1)
        sound = np.stack([bands[first + 2 : after - 2].mean(axis=0) for first, after in spans])
        far = np.linalg.norm(sound[:, None] - sound, axis=2)
        assert np.array_equal(far < 20, said[:, None] == said)


@pytest.mark.slow
def test_the_spectrogram_of_an_utterance_is_dark_where_its_words_are(mirror):
    """Digit d is a tone: the same band whoever says it, and none of the others'."""
    source = join_words(configured({"kind": "fsdd", "noise_level": -50.0}))
    test = source.parts[Split.TEST]
    bands = {}
    for row in range(len(test.sequences)):
        levels = test.spectrum(row)
        digits = test.sequences.target.sequence(row)[:-1].tolist()
        spans = test.alignment.sequence(row)[:-1].tolist()
        for digit, (first, after) in zip(digits, spans, strict=True):
            inside = levels[first + 3 : after - 3]
            assert inside.max(axis=1).min() > -25
            bands.setdefault(digit, set()).update(inside.argmax(axis=1).tolist())
    middles = [np.mean(list(bands[digit])) for digit in sorted(bands)]
    assert max(map(len, bands.values())) <= 2 and np.all(np.diff(middles) > 0)
    assert source.spectrum == MEL_AXIS and source.parts[Split.TRAIN].spectra is None


@pytest.mark.slow
def test_utterances_have_the_words_and_the_length_that_were_asked_for(mirror):
    config = configured({"kind": "fsdd"}, fewest_words=2, most_words=3, n_train=30)
    source = join_words(config)
    train = source.parts[Split.TRAIN].sequences
    assert set(train.target.lengths) == {3, 4}
    assert (source.schema.dim, source.schema.n_target_symbols, source.schema.target_end) == (
        39, 11, 10,
    )  # fmt: skip
    assert source.schema.target_unit == "word"
    assert source.target_symbols == (*DIGITS, "<end>")
    # Three words of 0.3 s at most and four silences of 0.3 s: 100 frames a second.
    assert train.lengths.max() <= 100 * (3 * 0.3 + 4 * 0.3) + 1
    assert set(train.target.values) == set(range(11))


def test_frames_have_mean_zero_over_the_utterance_and_no_dimension_is_constant(mirror):
    for normalisation, deviation in (("mean", None), ("mean_and_variance", 1.0)):
        source = join_words(configured({"kind": "fsdd", "normalisation": normalisation}))
        for split in Split:
            part = source.parts[split].sequences
            for row in range(len(part)):
                frames = part.sequence(row)
                assert np.abs(frames[:, :13].mean(axis=0)).max() < 1e-3
                assert frames.std(axis=0).min() > 0
                if deviation is not None:
                    assert np.allclose(frames[:, :13].std(axis=0), deviation, atol=1e-3)


def test_the_same_seed_joins_the_same_words_and_another_one_others(mirror):
    same, again, other = (
        join_words(configured({"kind": "fsdd"}, seed=seed)).parts[Split.TEST].sequences
        for seed in (0, 0, 1)
    )
    assert np.array_equal(same.features, again.features)
    assert np.array_equal(same.target.tokens, again.target.tokens)
    assert not np.array_equal(same.target.tokens, other.target.tokens)


@pytest.mark.slow
def test_vowels_are_joined_without_a_download_and_no_recording_is_in_two_splits(monkeypatch):
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    source = join_words(configured({"kind": "japanese_vowels"}))
    assert source.target_symbols == (*(f"speaker {n}" for n in range(1, 10)), "<end>")
    assert source.provenance.description.startswith("connected words, joined from Japanese Vowels")
    test = source.parts[Split.TEST]
    envelope = lpc_envelope(test.sequences.sequence(3))
    np.testing.assert_array_equal(test.spectrum(3), envelope)
    assert source.spectrum == ENVELOPE_AXIS
    frames = {
        split: {row.tobytes() for row in part.sequences.features}
        for split, part in source.parts.items()
    }
    assert not frames[Split.TRAIN] & frames[Split.TEST]
    assert not frames[Split.TRAIN] & frames[Split.VALID]
    for part in source.parts.values():
        for row in range(len(part.sequences)):
            spans = part.alignment.sequence(row)[:-1]
            assert spans[0, 0] == 0
            assert np.array_equal(spans[1:, 0], spans[:-1, 1])
            assert spans[-1, 1] == part.sequences.lengths[row]


@pytest.mark.parametrize(
    ("recordings", "message"),
    [
        (
            {"kind": "fsdd", "test_speakers": ["bob"]},
            "tasks.t.source.recordings.test_speakers: 'bob' is no speaker; expected some of "
            "('george', 'jackson', 'lucas', 'nicolas', 'theo', 'yweweler').",
        ),
        (
            {"kind": "fsdd", "test_speakers": ["theo"]},
            "tasks.t.source.recordings.valid_speakers: 'theo' is a test speaker already; "
            "take another.",
        ),
        (
            {"kind": "fsdd", "valid_speakers": list(SPEAKERS[:5])},
            "tasks.t.source.recordings.valid_speakers: no speaker is left to train on; "
            "test and validate with fewer.",
        ),
    ],
)
def test_speakers_that_cannot_be_are_refused(recordings, message):
    with pytest.raises(ConfigError) as caught:
        configured(recordings)
    assert str(caught.value) == message


def test_fewer_words_at_most_than_at_least_are_refused():
    with pytest.raises(ConfigError) as caught:
        configured({"kind": "fsdd"}, fewest_words=4, most_words=3)
    assert str(caught.value) == (
        "tasks.t.source.most_words: got 3; should be at least fewest_words (4)."
    )


def test_without_a_mirror_the_variable_is_named(monkeypatch):
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    with pytest.raises(DataError) as caught:
        join_words(configured({"kind": "fsdd"}))
    assert str(caught.value) == refusal(FSDD, "recordings.tar.gz", "SEQARENA_MIRROR is not set")


def test_a_missing_archive_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    with pytest.raises(DataError) as caught:
        join_words(configured({"kind": "fsdd"}))
    assert str(caught.value) == refusal(FSDD, "recordings.tar.gz", f"SEQARENA_MIRROR is {tmp_path}")


def test_another_archive_is_refused(mirror, monkeypatch):
    file = replace(FSDD.files[0], sha256="0" * 64)
    monkeypatch.setattr(fsdd, "FSDD", replace(FSDD, files=(file,)))
    with pytest.raises(DataError) as caught:
        join_words(configured({"kind": "fsdd"}))
    assert str(caught.value) == (
        f"{mirror}: the SHA-256 of its members is {sha256_of(mirror, 'members')}, expected "
        f"{'0' * 64}; download it again."
    )


def test_a_speaker_who_lacks_a_word_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(fsdd, "published_file", lambda *_: path)
    path = archive(tmp_path / "a.tar.gz", {"0_theo_0.wav": wav(tone(0, "theo"))})
    with pytest.raises(
        DataError, match=r"^speaker '\w+' has no recording of '\w+'; take another\.$"
    ):
        join_words(configured({"kind": "fsdd"}))


def not_recordings():
    link = tarfile.TarInfo("0_theo_0.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    large = tarfile.TarInfo("0_theo_0.wav")
    large.size = 2 * 2**20
    outside = "member {!r} leads out of the archive; not unpacked."
    yield link, outside.format(link.name)
    yield large, "bytes that hold more than 1,048,576; an archive may hold 100 times its size"
    yield tarfile.TarInfo("../0_theo_0.wav"), outside.format("../0_theo_0.wav")
    yield (
        tarfile.TarInfo("notes.txt"),
        "member 'notes.txt' is not a recording; expected files named digit_speaker_number.wav.",
    )


@pytest.mark.parametrize(
    ("info", "said"), list(not_recordings()), ids=["link", "large", "outside", "another name"]
)
def test_a_member_that_is_no_recording_is_refused(tmp_path, info, said):
    path = tmp_path / "a.tar.gz"
    with tarfile.open(path, "w:gz") as out:
        out.addfile(info, io.BytesIO(bytes(info.size)))
    with pytest.raises(DataError) as caught:
        read_archive(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert [each.name for each in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (wav(np.zeros(8), rate=16000), "1 channels of 16 bits at 16000 Hz; expected 1 of 16 bits"),
        (wav(np.zeros(8), channels=2), "2 channels of 16 bits at 8000 Hz; expected 1 of 16 bits"),
        (b"RIFF", "not a WAV file ("),
    ],
)
def test_sound_of_another_kind_is_refused(tmp_path, content, message):
    path = archive(tmp_path / "a.tar.gz", {"0_theo_0.wav": content})
    with pytest.raises(DataError) as caught:
        read_archive(path)
    assert str(caught.value).startswith(f"{path}: 0_theo_0.wav: {message}")


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ, reason="SEQARENA_MIRROR does not name a data mirror"
)
def test_the_published_archive_holds_fifty_recordings_of_each_digit_by_each_speaker():
    found = fsdd.read_fsdd()
    counts = {}
    for each in found:
        counts[each.digit, each.speaker] = counts.get((each.digit, each.speaker), 0) + 1
    assert counts == {(digit, speaker): 50 for digit in range(10) for speaker in SPEAKERS}
    # SOURCE.txt: 0.14 to 2.28 s, 0.44 s in the mean.
    seconds = np.array([len(each.sound) for each in found]) / 8000
    assert np.allclose(
        [seconds.min(), seconds.max(), seconds.mean()], [0.14, 2.28, 0.44], atol=0.01
    )
