import os
from pathlib import Path

import numpy as np
import pytest

from published_scenes import refusal
from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.published.items import BEAUTY
from seqarena.data.sources.s3_rec import (
    BeautyConfig,
    LastFmConfig,
    negatives_of,
    read_beauty,
    read_lastfm,
    read_lines,
)
from seqarena.data.splits import Split
from seqarena.errors import DataError

needs_mirror = pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)


def test_a_line_is_a_user_and_the_items_in_order(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text("1 4 2 9\nb 3\n")
    users, histories = read_lines(file)
    assert users == ["1", "b"]
    assert [history.tolist() for history in histories] == [[4, 2, 9], [3]]


@pytest.mark.parametrize("line", ["2 5 0", "2 5 x", "2"])
def test_a_line_that_holds_something_else_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "x.txt"
    file.write_text(f"1 4 2\n{line}\n")
    with pytest.raises(DataError) as error:
        read_lines(file)
    assert str(error.value) == (
        f"{file}, line 2: expected a user and item numbers from 1, got {line!r}; download the file "
        "again."
    )


def test_negatives_must_be_of_the_same_users_and_none_of_their_own() -> None:
    histories, sampled = [np.array([1, 2]), np.array([3])], [np.array([9, 4]), np.array([1])]
    lists = negatives_of(["a", "b"], histories, ["a", "b"], sampled)
    assert [lists.of(row).tolist() for row in (0, 1)] == [[3, 8], [0]]
    with pytest.raises(DataError) as error:
        negatives_of(["a", "b"], histories, ["b", "a"], sampled)
    assert str(error.value) == ("the negatives are those of other users than the histories are of.")
    with pytest.raises(DataError) as error:
        negatives_of(["a", "b"], [np.array([1, 9]), np.array([3])], ["a", "b"], sampled)
    assert str(error.value) == "user a: negative 9 is an item that the user chose."


def test_without_a_mirror_it_is_said_where_the_file_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(DataError) as error:
        read_beauty(BeautyConfig(kind="beauty"))
    assert str(error.value) == refusal(BEAUTY, "Beauty.txt", "SEQARENA_MIRROR is not set")


@pytest.mark.slow
@needs_mirror
def test_beauty_has_the_size_that_is_published() -> None:
    data = read_beauty(BeautyConfig(kind="beauty"))
    assert data.counts == {"users": 22_363, "items": 12_101}
    train = data.parts[Split.TRAIN].sequences
    # All 198,502 choices but the last two of each user.
    assert int(train.n_scored.sum()) == 198_502 - 2 * 22_363
    candidates = data.parts[Split.TEST].candidates
    assert candidates is not None
    assert candidates.negatives is None
    assert candidates.seen is not None
    # No user chose an item twice, so that all but the right one are seen ones.
    assert len(candidates.seen.items) == 198_502 - 22_363


@pytest.mark.slow
@needs_mirror
def test_lastfm_has_the_size_that_is_published_and_99_negatives_each() -> None:
    data = read_lastfm(LastFmConfig(kind="lastfm", fit_on_valid=True))
    assert data.counts == {"users": 1_090, "items": 3_646}
    assert int(data.parts[Split.TRAIN].sequences.n_scored.sum()) == 52_551 - 1_090
    candidates = data.parts[Split.TEST].candidates
    assert candidates is not None
    assert candidates.negatives is not None
    assert np.diff(candidates.negatives.offsets).tolist() == [99] * 1_090
