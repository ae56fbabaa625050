from functools import reduce
from operator import add

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.errors import DataError
from seqarena.metrics.transduction import EditCounts, edit_counts

END = 9
symbols = st.lists(st.integers(0, 3), max_size=5)


def naive_distance(a: list[int], b: list[int]) -> int:
    """Levenshtein's recursion as he wrote it: exponential, and obviously right."""
    if not a or not b:
        return len(a) + len(b)
    if a[0] == b[0]:
        return naive_distance(a[1:], b[1:])
    return 1 + min(naive_distance(a[1:], b), naive_distance(a, b[1:]), naive_distance(a[1:], b[1:]))


def test_kitten_and_sitting_are_three_edits_apart():
    written, gold = [ord(c) for c in "kitten"], [ord(c) for c in "sitting"]
    assert edit_counts([*written, END], [*gold, END], END) == EditCounts(1, 0, 3, 7)


@given(symbols, symbols)
def test_edits_are_those_of_the_plain_recursion(written, gold):
    counts = edit_counts([*written, END], [*gold, END], END)
    assert counts.n_edits == naive_distance(written, gold)
    assert counts.n_gold == len(gold)
    assert counts.n_exact == int(written == gold)


def test_what_follows_the_end_symbol_does_not_count():
    assert edit_counts([1, 2, END, 0, 0], [1, 2, END], END) == EditCounts(1, 1, 0, 2)


def test_an_output_that_never_ends_is_not_exact_though_it_needs_no_edit():
    assert edit_counts([1, 2], [1, 2, END], END) == EditCounts(1, 0, 0, 2)


@given(st.lists(st.tuples(symbols, symbols.filter(len)), min_size=1, max_size=6))
def test_the_error_rate_of_words_is_that_of_jiwer(pairs):
    """An independent word error rate: pooled edits over pooled gold words."""
    counts = [edit_counts([*written, END], [*gold, END], END) for written, gold in pairs]
    said = [[" ".join(map(str, words)) for words in side] for side in zip(*pairs, strict=True)]
    assert reduce(add, counts).error_rate == pytest.approx(jiwer.wer(said[1], said[0]))


def test_error_rates_are_pooled_over_gold_characters():
    counts = edit_counts([1, END], [2, END], END) + edit_counts([1, 1, 1, END], [1, 1, 1, END], END)
    assert counts.error_rate == 0.25
    assert counts.exact_match == 0.5


@pytest.mark.parametrize(
    ("share", "message"),
    [
        ("exact_match", "no example was written, so there is no share of exact ones."),
        ("error_rate", "the gold holds no symbol, so there is no error rate."),
    ],
)
def test_shares_of_nothing_are_refused(share, message):
    with pytest.raises(DataError) as caught:
        getattr(EditCounts(0, 0, 0, 0), share)
    assert str(caught.value) == message
