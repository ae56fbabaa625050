import numpy as np
import pytest

from seqarena.data.leave_one_out import LeaveOneOut, k_core, leave_one_out
from seqarena.data.splits import Split
from seqarena.errors import DataError

USERS = ["ann", "bob"]
HISTORIES = [np.array([5, 6, 7, 8]), np.array([1, 2, 1, 3, 4, 2])]


def rows(sequences) -> list[tuple[list[int], int]]:
    """Items of each sequence, and how many of them are context."""
    return [
        (sequences.sequence(row).tolist(), int(sequences.scored_from[row]))
        for row in range(len(sequences))
    ]


def test_the_last_item_is_the_test_and_the_last_but_one_validation() -> None:
    parts = leave_one_out(USERS, HISTORIES, LeaveOneOut(max_length=50))
    assert rows(parts[Split.TRAIN].sequences) == [([5, 6], 0), ([1, 2, 1, 3], 0)]
    assert rows(parts[Split.VALID].sequences) == [([5, 6, 7], 2), ([1, 2, 1, 3, 4], 4)]
    assert rows(parts[Split.TEST].sequences) == [([5, 6, 7, 8], 3), ([1, 2, 1, 3, 4, 2], 5)]
    assert parts[Split.TEST].sequences.ids == ("ann", "bob")


def test_validation_items_are_learned_from_only_if_asked() -> None:
    parts = leave_one_out(USERS, HISTORIES, LeaveOneOut(max_length=50, fit_on_valid=True))
    assert rows(parts[Split.TRAIN].sequences) == [([5, 6, 7], 0), ([1, 2, 1, 3, 4], 0)]
    assert rows(parts[Split.VALID].sequences) == [([5, 6, 7], 2), ([1, 2, 1, 3, 4], 4)]


def test_all_that_was_seen_is_known_though_little_of_it_is_read() -> None:
    parts = leave_one_out(USERS, HISTORIES, LeaveOneOut(max_length=1))
    assert rows(parts[Split.TEST].sequences) == [([7, 8], 1), ([4, 2], 1)]
    candidates = parts[Split.TEST].candidates
    assert candidates is not None
    assert candidates.seen is not None
    # Bob chose 2 before; it is the right one, and so no seen one.
    assert [candidates.seen.of(row).tolist() for row in (0, 1)] == [[5, 6, 7], [1, 3, 4]]
    assert parts[Split.TRAIN].candidates is None


@pytest.mark.parametrize("max_length", [1, 2, 3, 6, 20])
def test_each_training_item_is_scored_once_with_as_much_before_it_as_fits(max_length: int) -> None:
    history = np.arange(15)
    parts = leave_one_out(["a"], [history], LeaveOneOut(max_length))
    train = parts[Split.TRAIN].sequences
    assert train.lengths.max() <= max_length + 1
    scored = [item for items, first in rows(train) for item in items[first:]]
    assert scored == list(range(13))
    for items, _ in rows(train):
        assert items == list(range(items[0], items[-1] + 1))
    context = [first for _, first in rows(train)[1:]]
    assert all(first >= (max_length + 1) // 2 for first in context)


def test_a_user_with_two_items_is_named() -> None:
    with pytest.raises(DataError) as error:
        leave_one_out(["ann", "bo"], [HISTORIES[0], np.array([1, 2])], LeaveOneOut(5))
    assert str(error.value) == (
        "user bo: 2 items, at least 3 are needed: one to learn from, one to validate and one to "
        "test; drop the user."
    )


def test_a_core_is_what_is_left_when_the_rare_go_again_and_again() -> None:
    # User 2 goes for her single item; then item 3 has one user, and user 1 two items no more.
    users = np.array([0, 0, 1, 1, 2, 3, 3])
    items = np.array([0, 1, 0, 3, 3, 1, 0])
    assert k_core(users, items, 1).tolist() == list(range(7))
    assert k_core(users, items, 2).tolist() == [0, 1, 5, 6]
    assert k_core(users, items, 3).tolist() == []
    assert k_core(users[:0], items[:0], 2).tolist() == []
