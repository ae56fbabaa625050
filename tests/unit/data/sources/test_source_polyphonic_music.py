import os
from pathlib import Path

import numpy as np
import pytest

from published_scenes import refusal, stand_in
from seqarena.data.file_hash import file_sha256
from seqarena.data.published.sound import POLYPHONIC_MUSIC
from seqarena.data.sources import polyphonic_music
from seqarena.data.sources.polyphonic_music import PolyphonicMusicConfig, read_polyphonic_music
from seqarena.data.splits import Split
from seqarena.errors import DataError

JSB = PolyphonicMusicConfig(kind="polyphonic_music")
needs_mirror = pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)


def a_roll(generator: np.random.Generator, length: int) -> np.ndarray:
    roll = (generator.random((length, 88)) < 0.05).astype(np.uint8)
    roll[:, 0] = 0  # a key that nobody plays
    return roll


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, list[np.ndarray]]:
    """A file of the published form, small, in a mirror of its own."""
    from scipy.io import savemat

    generator = np.random.default_rng(0)
    lengths = {"traindata": (5, 9, 3), "validdata": (4,), "testdata": (2, 6)}
    rolls = {name: [a_roll(generator, n) for n in each] for name, each in lengths.items()}
    content = {}
    for name, each in rolls.items():
        content[name] = np.empty((1, len(each)), dtype=object)
        content[name][0] = each
    path = tmp_path / "music_polyphonic" / "JSB_Chorales.mat"
    path.parent.mkdir()
    savemat(path, content)
    ours = stand_in(POLYPHONIC_MUSIC, tmp_path)
    monkeypatch.setattr(polyphonic_music, "POLYPHONIC_MUSIC", ours)
    monkeypatch.setenv("SEQARENA_MIRROR", str(tmp_path))
    return rolls


def test_the_official_parts_are_read_as_frames_of_zero_and_one(published) -> None:
    source = read_polyphonic_music(JSB)
    for split, name in zip(Split, published, strict=True):
        sequences = source.parts[split].sequences
        assert sequences.lengths.tolist() == [len(roll) for roll in published[name]]
        for row, roll in enumerate(published[name]):
            np.testing.assert_array_equal(sequences.sequence(row), roll)
        assert sequences.scored_from is None
        assert sequences.ids[0] == f"{split}-0"
    assert (source.schema.dim, source.schema.frame_kind) == (88, "binary")
    unplayed = (np.concatenate(published["traindata"]).sum(axis=0) == 0).sum()
    assert source.counts == {"keys_never_played_in_training": unplayed}


def test_the_first_step_may_be_given_in_validation_and_test_but_never_in_training(
    published,
) -> None:
    source = read_polyphonic_music(JSB.model_copy(update={"scored_from": 1}))
    assert source.parts[Split.TRAIN].sequences.scored_from is None
    for split in (Split.VALID, Split.TEST):
        sequences = source.parts[split].sequences
        assert (sequences.lengths - sequences.n_scored == 1).all()
    assert source.protocol["scored"] == "every step but the first"


def test_another_file_is_refused_with_both_checksums(published, tmp_path: Path) -> None:
    path = tmp_path / "music_polyphonic" / "JSB_Chorales.mat"
    wanted = file_sha256(path)
    path.write_bytes(path.read_bytes() + b"0")
    with pytest.raises(DataError) as error:
        read_polyphonic_music(JSB)
    assert str(error.value) == (
        f"{path}: its SHA-256 is {file_sha256(path)}, expected {wanted}; download it again."
    )


def test_without_a_mirror_the_error_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEQARENA_MIRROR", raising=False)
    with pytest.raises(DataError) as error:
        read_polyphonic_music(JSB)
    assert str(error.value) == refusal(
        POLYPHONIC_MUSIC, "JSB_Chorales.mat", "SEQARENA_MIRROR is not set"
    )


@needs_mirror
@pytest.mark.parametrize(
    ("corpus", "n_sequences", "n_steps", "never_played"),
    [
        ("jsb_chorales", [229, 76, 77], [13_807, 4_602, 4_725], 37),
        ("piano_midi", [87, 12, 25], [75_911, 8_540, 19_036], 0),
    ],
)
def test_the_published_files_have_the_published_sizes(
    corpus, n_sequences, n_steps, never_played
) -> None:
    source = read_polyphonic_music(JSB.model_copy(update={"corpus": corpus}))
    parts = [part.sequences for part in source.parts.values()]
    assert [len(part) for part in parts] == n_sequences
    assert [part.n_steps for part in parts] == n_steps
    assert all(set(np.unique(part.values)) == {0.0, 1.0} for part in parts)
    assert source.counts["keys_never_played_in_training"] == never_played
