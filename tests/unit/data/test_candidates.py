import numpy as np
import pytest

from seqarena.data.candidates import (
    Candidates,
    ItemLists,
    item_lists_of,
    ranked_among,
    refuse_unknown_items,
)
from seqarena.errors import DataError

SEEN = item_lists_of([np.array([2, 0, 2]), np.array([1])])
NEGATIVES = item_lists_of([np.array([3, 0]), np.array([0, 4])])
ROWS, RIGHT = np.array([1, 0]), np.array([1, 4])


def masked(candidates: Candidates) -> list[list[int]]:
    return [np.flatnonzero(row).tolist() for row in candidates.mask(ROWS, RIGHT, 5)]


def test_all_items_are_ranked_unless_something_else_is_said() -> None:
    assert masked(Candidates()) == [[0, 1, 2, 3, 4]] * 2


def test_seen_items_are_left_out_and_the_right_one_never_is() -> None:
    assert masked(Candidates(SEEN)) == [[0, 1, 2, 3, 4], [1, 3, 4]]


def test_of_sampled_negatives_none_but_they_and_the_right_one_are_ranked() -> None:
    assert masked(Candidates(negatives=NEGATIVES)) == [[0, 1, 4], [0, 3, 4]]
    assert masked(Candidates(SEEN, NEGATIVES)) == [[0, 1, 4], [3, 4]]


def test_chosen_rows_keep_their_own_lists() -> None:
    chosen = Candidates(SEEN, NEGATIVES).select(np.array([1]))
    assert chosen.seen is not None
    assert chosen.negatives is not None
    assert (chosen.seen.of(0).tolist(), chosen.negatives.of(0).tolist()) == ([1], [0, 4])
    assert Candidates().select(np.array([0])) == Candidates()
    assert len(chosen.seen) == 1


def test_a_protocol_keeps_only_what_it_uses() -> None:
    both = Candidates(SEEN, NEGATIVES)
    assert ranked_among(both, exclude_seen=True, sampled=False) == Candidates(SEEN)
    assert ranked_among(both, exclude_seen=False, sampled=False) == Candidates()
    assert ranked_among(both, exclude_seen=False, sampled=True) == Candidates(None, NEGATIVES)
    assert ranked_among(both, exclude_seen=True, sampled=True) == both


def test_negatives_that_nobody_published_are_refused() -> None:
    with pytest.raises(DataError) as error:
        ranked_among(Candidates(SEEN), exclude_seen=True, sampled=True)
    assert str(error.value) == (
        "candidates: 'sampled' takes negatives that were published with the data, and this source "
        "has none; set candidates to 'all'."
    )


@pytest.mark.parametrize("name", ["seen", "negatives"])
def test_an_item_outside_the_catalogue_is_named(name: str) -> None:
    lists = item_lists_of([np.array([1]), np.array([4, 7])])
    refuse_unknown_items(Candidates(**{name: lists}), 8, "test")
    with pytest.raises(DataError) as error:
        refuse_unknown_items(Candidates(**{name: lists}), 7, "test")
    assert str(error.value) == (
        f"test row 1: its {name} items name 7, which is outside the catalogue (0 to 6)."
    )


def test_lists_that_do_not_end_where_their_offsets_do_are_refused() -> None:
    with pytest.raises(DataError) as error:
        ItemLists(np.array([0, 2]), np.array([1, 2, 3]))
    assert str(error.value) == "3 listed items, but the offsets end at 2."
