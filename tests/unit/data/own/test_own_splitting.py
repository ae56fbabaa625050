from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.own.example import Example
from seqarena.data.own.splitting import OwnSplitConfig, split_examples
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.parsing import parse

TENTHS = OwnSplitConfig()


def examples(n, **columns):
    return [
        Example(
            where=f"own.csv, line {row + 2}",
            id=str(row),
            value=f"text {row}",
            **{name: of(row) for name, of in columns.items()},
        )
        for row in range(n)
    ]


def homes(files, rule, config=TENTHS):
    """Where each example stands, by its id."""
    files = files if isinstance(files, dict) else {Split.TRAIN: files}
    splits = split_examples(files, rule, config)
    return {each.id: split for split, own in splits.items() for each in own}


@pytest.mark.slow
@given(st.permutations(range(60)), st.integers(40, 60))
def test_neither_order_nor_further_rows_move_an_example_that_is_split_by_hash(order, n):
    everything = examples(60, label=lambda row: "ab"[row % 2])
    assert homes([everything[row] for row in order], "hash") == homes(everything, "hash")
    fewer = homes(everything[:n], "hash", OwnSplitConfig(valid_share=0.3, test_share=0.3))
    whole = homes(everything, "hash", OwnSplitConfig(valid_share=0.3, test_share=0.3))
    assert fewer.items() <= whole.items()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_the_shares_of_a_hash_are_those_asked_for_label_by_label(seed):
    config = OwnSplitConfig(valid_share=0.2, test_share=0.3, seed=seed)
    own = examples(4000, label=lambda row: "rare" if row % 10 == 0 else "frequent")
    found = homes(own, "hash", config)
    for label, n in (("rare", 400), ("frequent", 3600)):
        counts = Counter(found[each.id] for each in own if each.label == label)
        for split, share in ((Split.TRAIN, 0.5), (Split.VALID, 0.2), (Split.TEST, 0.3)):
            error = (share * (1 - share) / n) ** 0.5
            assert abs(counts[split] / n - share) < 4 * error


def test_another_seed_splits_otherwise():
    own = examples(100)
    assert homes(own, "hash") != homes(own, "hash", OwnSplitConfig(seed=1))


def test_copies_of_an_input_stay_together_whatever_their_label():
    own = examples(50)
    copies = [
        Example(where="own.csv, line 99", id=f"copy {each.id}", value=each.value, label="other")
        for each in own
    ]
    found = homes([*own, *copies], "hash")
    assert all(found[each.id] == found[f"copy {each.id}"] for each in own)


def test_frames_of_other_shapes_with_the_same_numbers_are_not_copies():
    numbers = np.zeros((6, 1), dtype=np.float32)
    keys = {Example("", "", numbers.reshape(shape)).key() for shape in ((6, 1), (3, 2), (2, 3))}
    assert len(keys) == 3


@given(st.lists(st.integers(3, 8), min_size=1, max_size=4))
def test_every_label_with_three_inputs_stands_in_every_split(sizes):
    labels = [str(label) for label, size in enumerate(sizes) for _ in range(size)]
    own = examples(len(labels), label=lambda row: labels[row])
    found = homes(own, "hash")
    for label in set(labels):
        assert {found[each.id] for each in own if each.label == label} == set(Split)


@given(
    st.lists(st.integers(0, 12), min_size=20, max_size=60).filter(lambda each: len(set(each)) > 3)
)
def test_no_group_stands_in_two_splits(groups):
    own = examples(len(groups), group=lambda row: f"user {groups[row]}")
    found = homes(own, "group")
    home = {}
    for each in own:
        assert home.setdefault(each.group, found[each.id]) == found[each.id]
    assert set(home.values()) == set(Split)


@given(st.lists(st.integers(-50, 50), min_size=30, max_size=60, unique=True))
def test_the_earliest_train_and_the_latest_test(times):
    own = examples(len(times), time=lambda row: float(times[row]))
    found = homes(own, "time")
    by_time = [found[each.id] for each in sorted(own, key=lambda each: each.time)]
    n = round(0.1 * len(times))
    assert by_time[-n:] == [Split.TEST] * n
    order = list(Split)
    assert by_time == sorted(by_time, key=order.index)
    assert abs(by_time.count(Split.VALID) - n) <= 1


def test_what_is_of_one_moment_stays_together_in_the_earlier_split():
    moments = [0, 0, 0, 0, 1, 1, 1, 2, 2, 3]
    own = examples(10, time=lambda row: float(moments[row]))
    config = OwnSplitConfig(valid_share=0.3, test_share=0.2)
    # The cuts are before the ninth (a moment of the eighth) and before the sixth.
    assert [*homes(own, "time", config).values()] == [
        *[Split.TRAIN] * 7,
        *[Split.VALID] * 2,
        Split.TEST,
    ]


def test_a_file_of_its_own_is_a_split_and_only_the_other_is_taken_from_the_first():
    own = examples(100)
    test = [Example(where="test.csv, line 2", id="tested", value="something else")]
    found = homes({Split.TRAIN: own, Split.TEST: test}, "hash")
    assert found["tested"] == Split.TEST
    assert Counter(found.values())[Split.TEST] == 1
    assert {found[each.id] for each in own} == {Split.TRAIN, Split.VALID}
    valid = [Example(where="valid.csv, line 2", id="valid", value="one more")]
    files = {Split.TRAIN: own, Split.VALID: valid, Split.TEST: test}
    assert Counter(homes(files, "files").values()) == {
        Split.TRAIN: 100,
        Split.VALID: 1,
        Split.TEST: 1,
    }


def test_a_column_says_what_each_example_is():
    names = [Split.TRAIN, Split.TRAIN, Split.TEST, Split.VALID]
    assert [*homes(examples(4, split=lambda row: names[row]), "column").values()] == [
        Split.TRAIN,
        Split.TRAIN,
        Split.VALID,
        Split.TEST,
    ]


def test_a_group_that_stands_in_two_given_splits_is_refused():
    names = [Split.TRAIN, Split.VALID, Split.TEST, Split.TRAIN]
    own = examples(4, split=lambda row: names[row], group=lambda row: "eebf"[row])
    with pytest.raises(DataError) as caught:
        homes(own, "column")
    assert str(caught.value) == (
        "own.csv, line 3: group 'e' is in valid, and in train too (own.csv, line 2); put a group "
        "into one split, or map no group."
    )


def test_a_split_that_would_be_empty_is_refused():
    with pytest.raises(DataError) as caught:
        homes(examples(2), "hash")
    assert str(caught.value) == (
        "test: no example of 2 is left for it, split by hash; give more data, other shares, or a "
        "file of its own."
    )
    with pytest.raises(DataError, match=r"^valid: no example of 9 is left for it, split by time; "):
        homes(examples(9, time=lambda _: 1.0), "time")


def test_shares_that_leave_nothing_for_training_are_refused():
    with pytest.raises(ConfigError) as caught:
        parse(OwnSplitConfig, {"valid_share": 0.5, "test_share": 0.5}, "split")
    assert str(caught.value) == (
        "split: valid_share 0.5 and test_share 0.5 leave nothing for training; together they "
        "should be below 1."
    )
