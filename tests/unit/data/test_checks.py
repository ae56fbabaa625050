import numpy as np
import pytest

from seqarena.batch import Sequences, sequences_of
from seqarena.data.checks import (
    DuplicatePolicy,
    check_parts,
    cross_split_duplicates,
    refuse_empty,
    resolve_duplicates,
)
from seqarena.data.part import Part, Parts, three_parts
from seqarena.data.splits import Split
from seqarena.errors import DataError


def _part(*rows: list[int], labels: list[int] | None = None, ids: tuple[str, ...] = ()) -> Part:
    return Part(sequences_of([np.array(row) for row in rows], labels=labels, ids=ids))


def _frames(rows: list[list[list[float]]], ids: tuple[str, ...] = ()) -> Sequences:
    return sequences_of([np.array(row) for row in rows], ids=ids)


def _with_copies() -> Parts:
    return three_parts(
        _part([1], [2, 3], [4], [2, 3], ids=("a", "b", "c", "d")),
        _part([5], [4], ids=("e", "f")),
        _part([2, 3], [6], [4], ids=("g", "h", "i")),
    )


def test_an_empty_sequence_is_named_with_file_and_row() -> None:
    with pytest.raises(DataError) as error:
        refuse_empty([np.ones((2, 3)), np.ones((0, 3))], "some_TRAIN.ts")
    assert str(error.value) == "some_TRAIN.ts row 1 of 2 is empty; take it out of the source."


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_a_frame_that_is_not_finite_is_named_with_split_row_and_step(bad: float) -> None:
    good = Part(_frames([[[1.0, 2.0]]]))
    broken = Part(_frames([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, bad]]], ("x", "y")))
    with pytest.raises(DataError) as error:
        check_parts(three_parts(good, broken, good), None)
    assert str(error.value) == (
        f"valid row 1 (y): step 1, dimension 1 is {bad}; frames must be finite. Repair or drop "
        "that row."
    )


def test_a_bad_first_frame_belongs_to_its_own_row() -> None:
    good = Part(_frames([[[1.0]]]))
    broken = Part(_frames([[[1.0], [2.0]], [[float("nan")], [3.0]]]))
    with pytest.raises(DataError, match=r"^test row 1: step 0, dimension 0 is nan;"):
        check_parts(three_parts(good, good, broken), None)


def test_a_tag_unseen_in_training_is_named_with_split_row_and_step() -> None:
    def tagged(*tags: list[int]) -> Part:
        rows = [np.ones(len(own), dtype=np.int64) for own in tags]
        ids = tuple(f"s{row}" for row in range(len(rows)))
        return Part(sequences_of(rows, tags=[np.array(own) for own in tags], ids=ids))

    train, test = tagged([0, 1], [0]), tagged([0], [1, 0, 2, 3])
    check_parts(three_parts(train, train, train), None)
    with pytest.raises(DataError) as error:
        check_parts(three_parts(train, train, test), None, ("NOUN", "VERB", "X"))
    assert str(error.value) == (
        "test row 1 (s1): step 2 has tag 'X', which does not occur in training (which has 'NOUN', "
        "'VERB'); no model can learn it."
    )


def test_a_label_unseen_in_training_is_named() -> None:
    parts = three_parts(
        _part([1], [2], labels=[0, 1]),
        _part([3], labels=[0]),
        _part([4], [5], labels=[1, 2], ids=("u", "v")),
    )
    with pytest.raises(DataError) as error:
        check_parts(parts, ("ann", "bob"))
    assert str(error.value) == (
        "test row 1 (v): label 2 does not occur in training (which has 'ann', 'bob'); no model can "
        "learn it."
    )


def test_good_parts_pass_the_checks() -> None:
    part = _part([1], [2], labels=[0, 1])
    check_parts(three_parts(part, part, part), None)


def test_a_copy_in_two_splits_is_found_once_and_its_last_home_is_kept() -> None:
    found = {
        (each.split, each.copy, each.kept_split, each.kept)
        for each in cross_split_duplicates(_with_copies())
    }
    assert found == {
        (Split.VALID, 1, Split.TEST, 2),
        (Split.TRAIN, 1, Split.TEST, 0),
        (Split.TRAIN, 3, Split.TEST, 0),
        (Split.TRAIN, 2, Split.TEST, 2),
    }


def test_equal_steps_cut_differently_are_no_copies() -> None:
    parts = three_parts(_part([1, 2], [3]), _part([1], [2, 3]), _part([1, 2, 3]))
    assert cross_split_duplicates(parts) == []


def test_a_copy_is_found_under_another_label_too() -> None:
    parts = three_parts(
        _part([1], [9], labels=[0, 1]), _part([2], labels=[0]), _part([1], labels=[1])
    )
    assert len(cross_split_duplicates(parts)) == 1


def test_refused_copies_are_named_with_split_and_row() -> None:
    with pytest.raises(DataError) as error:
        resolve_duplicates(_with_copies(), "refuse")
    assert str(error.value) == (
        "valid row 1 (f) equals test row 2 (i), and 3 more such pairs; set `duplicates: drop` to "
        "take the copies out, or `count` to keep them."
    )


def test_counted_copies_stay() -> None:
    parts, n = resolve_duplicates(_with_copies(), "count")
    assert n == 4
    assert [len(part.sequences) for part in parts.values()] == [4, 2, 3]


def test_dropped_copies_leave_the_earlier_split_and_the_test_stays_whole() -> None:
    parts, n = resolve_duplicates(_with_copies(), "drop")
    assert n == 4
    assert [part.sequences.ids for part in parts.values()] == [("a",), ("e",), ("g", "h", "i")]
    assert cross_split_duplicates(parts) == []


@pytest.mark.parametrize("policy", ["refuse", "count", "drop"])
def test_parts_without_copies_pass_every_policy(policy: DuplicatePolicy) -> None:
    parts = three_parts(_part([1], [1]), _part([2]), _part([3]))
    assert resolve_duplicates(parts, policy) == (parts, 0)


def test_a_split_of_nothing_but_copies_cannot_be_dropped() -> None:
    with pytest.raises(DataError) as error:
        resolve_duplicates(three_parts(_part([1]), _part([2]), _part([1])), "drop")
    assert str(error.value) == (
        "train: every row stands in a later split too; nothing would be left."
    )


def test_an_example_keeps_its_place_when_others_are_taken_out():
    part = Part(
        sequences_of([np.array([0]), np.array([1]), np.array([2])]),
        places=("own.csv, line 2", "own.csv, line 3", "own.csv, line 9"),
    )
    assert part.select(np.array([0, 2])).name(1) == "example (own.csv, line 9)"
    with pytest.raises(DataError):
        Part(part.sequences, places=("own.csv, line 2",))
