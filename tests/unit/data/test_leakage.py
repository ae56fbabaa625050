"""What the test may not know of training: planted leaks are found, counted and refused."""

from dataclasses import replace

import numpy as np
import pytest

from seqarena.batch import sequences_of
from seqarena.data.candidates import Candidates
from seqarena.data.leakage import LeakageConfig, leakage_protocol, refuse_leakage
from seqarena.data.part import Part, Parts, three_parts
from seqarena.data.splits import Split
from seqarena.errors import DataError

TEXT = list(range(20))


def part(*rows: list[int], groups=None, times=None, ids: tuple[str, ...] = ()) -> Part:
    when = None if times is None else np.array(times)
    return Part(sequences_of([np.array(row) for row in rows], ids=ids), groups=groups, times=when)


def changed(at: int) -> list[int]:
    return [*TEXT[:at], 99, *TEXT[at + 1 :]]


def planted() -> Parts:
    """A test of four inputs: one near training, one near validation, two of its own."""
    return three_parts(
        part(TEXT, [1, 2, 3], ids=("a", "b")),
        part([*range(50, 70)], changed(3)),
        part([7], changed(9), [*range(51, 70)], [8], ids=("s", "t", "u", "v")),
    )


def refused(parts: Parts, **settings: float) -> str:
    with pytest.raises(DataError) as error:
        refuse_leakage(parts, LeakageConfig(**settings))
    return str(error.value)


def test_planted_near_duplicates_are_counted_in_both_later_splits() -> None:
    counts = refuse_leakage(planted(), LeakageConfig())
    assert counts == {"near_duplicates_in_valid": 1, "near_duplicates_in_test": 2}


def test_planted_near_duplicates_above_the_threshold_are_refused_and_the_first_is_named() -> None:
    assert refused(planted(), max_near_duplicates=0.4) == (
        "test row 1 (t) nearly equals train row 0 (a): 2 of 4 examples are such near_duplicates, "
        "more than leakage.max_near_duplicates (0.4) allows; split otherwise, or allow more."
    )
    assert refuse_leakage(planted(), LeakageConfig(max_near_duplicates=0.5))
    assert refuse_leakage(planted(), LeakageConfig(max_near_duplicates=0.25, similarity=0.99))


def test_a_leak_into_validation_is_counted_and_not_refused() -> None:
    parts = planted()
    clean = three_parts(*list(parts.values())[:2], part([7], [8]))
    counts = refuse_leakage(clean, LeakageConfig(max_near_duplicates=0))
    assert counts == {"near_duplicates_in_valid": 1, "near_duplicates_in_test": 0}


def of_groups(valid: str, test: tuple[str, ...]) -> Parts:
    return three_parts(
        part([1], [2], groups=("ann", "bob"), ids=("a", "b")),
        part([3], groups=(valid,)),
        part(*([row] for row in range(4, 4 + len(test))), groups=test, ids=("s", "t", "u")),
    )


@pytest.mark.parametrize(
    ("valid", "said"), [("eve", "train row 1 (b)"), ("bob", "train row 1 (b)")]
)
def test_a_planted_shared_speaker_is_refused_by_default(valid: str, said: str) -> None:
    assert refused(of_groups(valid, ("cid", "bob", "dan"))) == (
        f"test row 1 (t) is of group 'bob', as is {said}: 1 of 3 examples are such shared_groups, "
        "more than leakage.max_shared_groups (0) allows; split otherwise, or allow more."
    )


def test_a_speaker_whom_only_validation_shares_with_the_test_is_refused_too() -> None:
    assert "is of group 'eve', as is valid row 0: 1 of 3" in refused(
        of_groups("eve", ("cid", "dan", "eve"))
    )


def test_shared_groups_are_counted_where_the_task_allows_them() -> None:
    counts = refuse_leakage(
        of_groups("ann", ("ann", "bob", "cid")), LeakageConfig(max_shared_groups=0.67)
    )
    assert counts["shared_groups_in_valid"] == 1
    assert counts["shared_groups_in_test"] == 2


def test_groups_apart_pass() -> None:
    counts = refuse_leakage(of_groups("eve", ("cid", "dan", "dan")), LeakageConfig())
    assert (counts["shared_groups_in_valid"], counts["shared_groups_in_test"]) == (0, 0)


def in_time(*test: float) -> Parts:
    return three_parts(
        part([1], [2], times=[0, 5]),
        part([3], times=[8]),
        part(*([row] for row in range(4, 4 + len(test))), times=list(test)),
    )


def test_a_test_that_goes_back_in_time_is_refused() -> None:
    assert refused(in_time(8.0, 6.5, 9.0)) == (
        "test row 1 is of time 6.5, and what was before the test ends at 8: 1 of 3 examples are "
        "such out_of_time, more than leakage.max_out_of_time (0) allows; split otherwise, or allow "
        "more."
    )
    counts = refuse_leakage(in_time(8.0, 6.5, 9.0), LeakageConfig(max_out_of_time=0.5))
    assert (counts["out_of_time_in_valid"], counts["out_of_time_in_test"]) == (0, 1)


def test_a_test_that_begins_when_validation_ends_passes() -> None:
    assert refuse_leakage(in_time(8.0, 9.0), LeakageConfig())["out_of_time_in_test"] == 0


def test_the_manifest_says_what_was_searched_and_what_was_not() -> None:
    frames = Part(sequences_of([np.zeros((2, 3))]))
    assert leakage_protocol(three_parts(frames, frames, frames), LeakageConfig()) == {
        "near_duplicates": "not searched: the inputs are frames",
        "shared_groups": "not counted: the source tells none",
        "out_of_time": "not counted: the source tells none",
    }
    assert refuse_leakage(three_parts(frames, frames, frames), LeakageConfig()) == {}
    told = part([1], groups=("ann",), times=[1])
    assert leakage_protocol(three_parts(told, told, told), LeakageConfig(similarity=0.8)) == {
        "near_duplicates": "counted: inputs of similarity 0.8 or more",
        "shared_groups": "counted",
        "out_of_time": "counted",
    }


def test_groups_and_times_go_with_their_examples() -> None:
    chosen = part([1], [2], [3], groups=("x", "y", "z"), times=[1, 2, 3]).select(np.array([2, 0]))
    assert chosen.groups == ("z", "x")
    assert chosen.times is not None
    assert chosen.times.tolist() == [3, 1]


@pytest.mark.parametrize("name", ["groups", "times"])
def test_another_number_of_groups_or_times_is_refused(name: str) -> None:
    with pytest.raises(DataError) as error:
        part([1], [2], **{name: ("a",) if name == "groups" else [1]})
    assert str(error.value) == f"1 {name} for 2 sequences; give one each."


def test_a_users_own_history_is_no_near_duplicate() -> None:
    parts = planted()
    histories = {
        split: replace(each, candidates=Candidates()) if split is Split.TEST else each
        for split, each in parts.items()
    }
    assert refuse_leakage(histories, LeakageConfig(max_near_duplicates=0.0)) == {}
    assert leakage_protocol(histories, LeakageConfig())["near_duplicates"] == (
        "not searched: a user's history stands in every split by design"
    )
