import os
from pathlib import Path

import numpy as np
import pytest

from seqarena.data.published.checked_files import VARIABLE
from seqarena.data.sources.movielens_100k import (
    MovieLens100kConfig,
    by_time,
    read_movielens_100k,
    read_ratings,
)
from seqarena.data.splits import Split
from seqarena.errors import DataError

HEAD = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"


def test_a_line_is_user_film_rating_and_time(tmp_path: Path) -> None:
    file = tmp_path / "x.inter"
    file.write_text(f"{HEAD}7\t30\t4\t100\n8\t2\t1\t90\n")
    assert read_ratings(file).tolist() == [[7, 30, 100], [8, 2, 90]]


@pytest.mark.parametrize("line", ["7\t30\t4", "7\t30\t4\tnoon"])
def test_a_line_that_holds_something_else_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "x.inter"
    file.write_text(f"{HEAD}7\t30\t4\t100\n{line}\n")
    with pytest.raises(DataError) as error:
        read_ratings(file)
    assert str(error.value) == (
        f"{file}, line 3: expected user, film, rating and time, got {line!r}; download the file "
        "again."
    )


@pytest.mark.parametrize(
    ("within", "expected"),
    [([0, 1, 2, 3, 4], [[9, 6], [7, 8, 5]]), ([8, 9, 7, 5, 6], [[6, 9], [7, 5, 8]])],
)
def test_choices_of_one_time_stand_in_the_order_that_is_given(
    within: list[int], expected: list[list[int]]
) -> None:
    columns = ([2, 1, 2, 2, 1], [8, 9, 7, 5, 6], [3, 4, 1, 3, 4], within)
    users, histories = by_time(*map(np.array, columns))
    assert users == ["1", "2"]
    assert [history.tolist() for history in histories] == expected


@pytest.mark.slow
@pytest.mark.skipif(
    VARIABLE not in os.environ, reason=f"{VARIABLE} names no folder of published data sets"
)
def test_the_sizes_are_those_that_are_published() -> None:
    data = read_movielens_100k(MovieLens100kConfig(kind="movielens_100k"))
    assert data.counts == {"users": 943, "items": 1_682, "ratings": 100_000, "ratings_dropped": 0}
    assert int(data.parts[Split.TRAIN].sequences.n_scored.sum()) == 100_000 - 2 * 943
    assert data.protocol["order"] == "by time; of one time, by place in the file"
    by_film = read_movielens_100k(MovieLens100kConfig(kind="movielens_100k", same_time="item"))
    assert by_film.protocol["order"] == "by time; of one time, by number of the film"
    last = [
        each.parts[Split.TEST].sequences.values[each.parts[Split.TEST].sequences.offsets[1:] - 1]
        for each in (data, by_film)
    ]
    # Hundreds of users gave their last two ratings in one second.
    assert 200 < (last[0] != last[1]).sum() < 943
    core = read_movielens_100k(MovieLens100kConfig(kind="movielens_100k", k_core=5))
    assert core.counts["items"] < 1_682
    assert core.counts["ratings"] + core.counts["ratings_dropped"] == 100_000
    with pytest.raises(DataError) as error:
        read_movielens_100k(MovieLens100kConfig(kind="movielens_100k", k_core=1_000))
    assert str(error.value) == "k_core: 1000 leaves no rating; lower it."
