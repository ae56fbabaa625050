"""Time series, recordings and pictures of a user's own: written here, and read."""

import wave

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from seqarena.data.file_hash import path_sha256
from seqarena.data.own.audio_source import read_sound
from seqarena.data.own.image_source import read_picture
from seqarena.data.own.ts_source import read_ts
from seqarena.data.speech_features import MEL_AXIS, RATE, mel_spectrum
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.prepare import read_source

HEAD = """@problemName Own
@timestamps false
@missing false
@univariate false
@dimension 2
@equalLength false
@classLabel true up down
@data
"""
SERIES = HEAD + "1,2,3:4,5,6:up\n1.5,2:3,4:down\n"


def read(kind, path, **source):
    raw = {"kind": "classification", "source": {"kind": kind, "path": str(path), **source}}
    return read_source(parse(TaskConfig, raw, "tasks.own"))


def complaint(call, *arguments, **named):
    with pytest.raises(DataError) as caught:
        call(*arguments, **named)
    return str(caught.value)


def write_sound(path, seconds=0.3, rate=8000, pitch=440.0, channels=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    wave_form = np.sin(2 * np.pi * pitch * np.arange(int(seconds * rate)) / rate)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((wave_form * 20_000).astype("<i2").repeat(channels).tobytes())
    return path


def write_picture(path, grey):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(grey, dtype=np.uint8)).save(path)
    return path


@pytest.mark.slow
def test_series_of_unequal_length_and_several_channels_are_read_from_train_and_test_files(tmp_path):
    lines = [f"1,2,{row}:4,5,6:{'up' if row % 2 else 'down'}" for row in range(20)]
    (tmp_path / "own_TRAIN.ts").write_text(HEAD + "\n".join(lines))
    (tmp_path / "own_TEST.ts").write_text(SERIES)
    data = read("ts", tmp_path / "own_TRAIN.ts", test_path=str(tmp_path / "own_TEST.ts"))
    test = data.parts[Split.TEST].sequences
    assert data.class_names == ("down", "up")
    assert test.labels.tolist() == [1, 0]
    assert test.sequence(0).tolist() == [[1, 4], [2, 5], [3, 6]]
    assert test.sequence(1).tolist() == [[1.5, 3], [2, 4]]
    assert test.ids == ("own_TEST.ts:1", "own_TEST.ts:2")
    assert data.protocol["split"].endswith("; test: a file of its own")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("1,2,3:up\n", "FILE: has no line `@classLabel true` with the names of its classes; "),
        (SERIES.replace("1.5", "?"), "FILE, series 2: channel 0 of step 0 is missing; every "),
        (SERIES.replace("1.5", "inf"), "FILE, series 2: channel 0 of step 0 is inf; every number "),
        (SERIES.replace("1.5", "x"), "FILE: not a whole .ts file ("),
        (HEAD, "FILE: "),
        ("", "FILE: is empty; put data there, or name another file."),
        (SERIES + "\0", "FILE, line 11: byte 161 is NUL, which no text holds; "),
    ],
)
def test_what_is_wrong_with_a_ts_file_is_said(tmp_path, content, expected):
    path = tmp_path / "own.ts"
    path.write_text(content)
    assert complaint(read_ts, path).replace(str(path), "FILE").startswith(expected)


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.binary(max_size=40), at=st.integers(0, len(SERIES)))
def test_a_damaged_ts_file_is_read_or_refused_as_data(tmp_path_factory, data, at):
    path = tmp_path_factory.getbasetemp() / "damaged.ts"
    path.write_bytes(SERIES[:at].encode() + data + SERIES[at + len(data) :].encode())
    try:
        read_ts(path)
    except DataError as error:
        assert str(path) in str(error)


@pytest.mark.slow
def test_recordings_are_labelled_by_their_folder_and_heard_at_one_rate(tmp_path):
    for label, pitch in (("high", 1500.0), ("low", 300.0)):
        for number in range(6):
            path = tmp_path / label / "day" / f"{number}.wav"
            write_sound(path, pitch=pitch + 20 * number, rate=16_000 if number % 2 else 8000)
    (tmp_path / "high" / "notes.txt").write_text("passed over")
    data = read("audio_folder", tmp_path, split={"valid_share": 0.3, "test_share": 0.3})
    assert data.class_names == ("high", "low")
    assert data.schema.dim == 39
    assert data.counts["files_passed_over"] == 1
    ids = [name for part in data.parts.values() for name in part.sequences.ids]
    assert sorted(ids)[0] == "high/day/0.wav"
    test = data.parts[Split.TEST]
    sound = read_sound(tmp_path / test.sequences.ids[0])
    assert np.array_equal(test.spectrum(0), mel_spectrum(sound))
    assert data.parts[Split.TRAIN].spectra is None and data.spectrum == MEL_AXIS
    assert len(ids) == 12
    for rate in (8000, 16_000, 44_100):
        sound = read_sound(write_sound(tmp_path / f"{rate}.wav", rate=rate, pitch=440.0))
        loudest = np.abs(np.fft.rfft(sound)).argmax() * RATE / len(sound)
        assert abs(loudest - 440.0) < 5
        assert abs(len(sound) - 0.3 * RATE) <= 1


@pytest.mark.slow
def test_channels_are_averaged_and_what_is_no_sound_is_refused(tmp_path):
    one, two = (write_sound(tmp_path / f"{n}.wav", channels=n) for n in (1, 2))
    assert np.array_equal(read_sound(one), read_sound(two))
    short = write_sound(tmp_path / "short.wav", seconds=0.05)
    assert complaint(read_sound, short) == (
        f"{short}: 0.050 s of sound, expected at least 0.1 s; take it out."
    )
    wrong = tmp_path / "wrong.wav"
    wrong.write_bytes(b"RIFF no sound at all")
    assert complaint(read_sound, wrong).startswith(f"{wrong}: no sound that can be read (")


@pytest.mark.slow
def test_recordings_may_be_compressed(tmp_path):
    soundfile = pytest.importorskip("soundfile")
    wave_form = np.sin(np.arange(4000) / 3).astype(np.float32)
    for ending in ("flac", "mp3", "ogg"):
        path = tmp_path / f"own.{ending}"
        soundfile.write(path, wave_form, RATE)
        assert len(read_sound(path)) == pytest.approx(4000, abs=1200)
    for number in range(12):
        folder = tmp_path / "all" / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / f"{number}.mp3", wave_form * (1 + number) / 13, RATE)
    shares = {"valid_share": 0.3, "test_share": 0.3}
    data = read("audio_folder", tmp_path / "all", split=shares)
    assert sum(len(part.sequences) for part in data.parts.values()) == 12


def test_pictures_are_labelled_by_their_folder_and_seen_row_by_row_or_by_region(tmp_path):
    rng = np.random.default_rng(0)
    pictures = rng.integers(0, 256, size=(12, 4, 6), dtype=np.uint8)
    for number, picture in enumerate(pictures):
        write_picture(tmp_path / "ab"[number % 2] / f"{number}.png", picture)
    shares = {"valid_share": 0.3, "test_share": 0.3}
    data = read("image_folder", tmp_path, split=shares)
    assert data.provenance.versions == {str(tmp_path): path_sha256(tmp_path)}
    for part in data.parts.values():
        for row, name in enumerate(part.sequences.ids):
            number = int(name.split("/")[1].removesuffix(".png"))
            assert part.sequences.labels[row] == number % 2
            expected = pictures[number].astype(np.float32) / 255
            assert np.array_equal(part.sequences.sequence(row), expected)
    regions = read("image_folder", tmp_path, split=shares, view="regions", patch=[2, 3])
    assert (regions.schema.grid, regions.schema.patch, regions.schema.dim) == ((2, 2), (2, 3), 6)
    assert read("image_folder", tmp_path, split=shares, size=[8, 8]).schema.dim == 8
    assert complaint(read, "image_folder", tmp_path, view="regions", patch=[3, 3]).endswith(
        ": 4 x 6 pixels, which regions of 3 x 3 do not divide; set another patch or size."
    )
    other = write_picture(tmp_path / "b" / "other.png", np.zeros((5, 6)))
    assert complaint(read, "image_folder", tmp_path) == (
        f"{other}: 5 x 6 pixels, and the first has 4 x 6; set size: [rows, columns] for all."
    )


def test_a_file_that_leads_out_of_the_folder_or_has_no_label_is_refused(tmp_path):
    outside = write_picture(tmp_path / "secret.png", np.zeros((4, 4)))
    folder = tmp_path / "own"
    (folder / "a").mkdir(parents=True)
    assert complaint(read, "image_folder", folder).startswith(
        f"{folder}: holds no file that ends in .png or .jpg or "
    )
    link = folder / "a" / "link.png"
    link.symlink_to(outside)
    assert complaint(read, "image_folder", folder) == (
        f"{link}: a link to {outside}, outside {folder}; copy the file into the folder."
    )
    link.unlink()
    link.symlink_to(folder / "nothing.png")
    assert complaint(read, "image_folder", folder).startswith(f"{link}: a link to nothing (")
    link.unlink()
    bare = write_picture(folder / "bare.png", np.zeros((4, 4)))
    assert complaint(read, "image_folder", folder) == (
        f"{bare}: stands in no subfolder, whose name would be its label; move it into one."
    )
    assert complaint(read, "image_folder", tmp_path / "none").startswith(
        f"{tmp_path / 'none'}: cannot be read ("
    )


@settings(max_examples=60)
@given(content=st.binary(max_size=60), keep=st.integers(0, 60))
@pytest.mark.slow
def test_bytes_that_are_no_picture_are_refused_as_data(tmp_path_factory, content, keep):
    folder = tmp_path_factory.getbasetemp()
    good = write_picture(folder / "good.png", np.zeros((4, 4))).read_bytes()
    path = folder / "damaged.png"
    path.write_bytes(good[:keep] + content)
    try:
        read_picture(path, (4, 4))
    except DataError as error:
        assert str(path) in str(error)


SPEAKERS = ["anna", "ben", "cleo", "dan", "eva", "finn"]


def spoken_by(folder):
    """Two takes of two labels by each of six speakers."""
    for at, speaker in enumerate(SPEAKERS):
        for label in ("no", "yes"):
            for take in range(2):
                pitch = 200 + 90 * at + 31 * take + 400 * (label == "yes")
                write_sound(folder / label / f"{speaker}_{take}.wav", pitch=pitch)
    return folder


@pytest.mark.slow
def test_recordings_are_split_by_the_speaker_that_their_path_names(tmp_path):
    shares = {"valid_share": 0.3, "test_share": 0.3}
    data = read("audio_folder", spoken_by(tmp_path), group_pattern="([a-z]+)_", split=shares)
    voices = []
    for part in data.parts.values():
        told = [name.split("/")[1].split("_")[0] for name in part.sequences.ids]
        assert list(part.groups) == told
        voices.append(set(told))
    assert sorted(name for own in voices for name in own) == SPEAKERS
    assert data.protocol["split"].startswith("by group: ")
    assert data.protocol["group_pattern"] == "([a-z]+)_"


def test_a_person_of_a_training_picture_is_refused_in_the_folder_that_tests(tmp_path):
    for split in ("train", "valid", "test"):
        person = "ben" if split == "test" else f"{split}-1"
        write_picture(tmp_path / split / "a" / f"{person}.png", [[0, 9], [9, 0]])
        write_picture(tmp_path / split / "b" / f"{split}-2.png", [[9, 9], [0, 0]])
    write_picture(tmp_path / "train" / "a" / "ben.png", [[5, 9], [9, 5]])
    folders = {"valid_path": str(tmp_path / "valid"), "test_path": str(tmp_path / "test")}
    said = complaint(
        read, "image_folder", tmp_path / "train", group_pattern="/(.+)[.]png", **folders
    )
    assert said == (
        f"{tmp_path}/test/a/ben.png: group 'ben' is in test, and in train too "
        f"({tmp_path}/train/a/ben.png); put a group into one split, or map no group."
    )


def test_a_file_whose_path_names_no_group_is_refused_before_it_is_opened(tmp_path):
    (tmp_path / "no").mkdir()
    (tmp_path / "no" / "7.wav").write_bytes(b"")
    raw = {"kind": "audio_folder", "path": str(tmp_path), "group_pattern": "([a-z]+)_"}
    config = parse(TaskConfig, {"kind": "classification", "source": raw}, "tasks.own")
    assert config.source.mistakes_in_files() == [
        f"{tmp_path}/no/7.wav: group_pattern '([a-z]+)_' finds no group in 'no/7.wav'; name the "
        "file as the others are, or change the pattern."
    ]


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("[a-z]+_", "'[a-z]+_' has 0 parts in parentheses, expected one, the group's name"),
        ("(a)(b)", "'(a)(b)' has 2 parts in parentheses, expected one, the group's name"),
        ("(a", "'(a' is no regular expression: missing ), unterminated subpattern at position 0."),
    ],
)
def test_a_pattern_that_cannot_name_a_group_is_refused(tmp_path, pattern, message):
    with pytest.raises(ConfigError) as caught:
        read("audio_folder", tmp_path, group_pattern=pattern)
    assert str(caught.value).startswith(f"tasks.own.source.group_pattern: {message}")
