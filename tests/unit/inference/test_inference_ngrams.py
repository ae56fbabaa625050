import pytest
import torch
from torch.testing import assert_close

from seqarena.errors import ConfigError
from seqarena.inference.ngrams import (
    NgramCounts,
    additive_probability,
    encode_ngrams,
    highest_order,
    levels_of,
    witten_bell_probability,
)

ROW = torch.tensor([[0, 1, 1, 0]])
EVERY = torch.ones(1, 4, dtype=torch.bool)


def test_a_code_reads_the_symbols_as_digits_with_the_start_symbol_before_the_first():
    # Base 3; 2 is the start symbol: (2,2,0) (2,0,1) (0,1,1) (1,1,0).
    expected = [2 * 9 + 2 * 3 + 0, 2 * 9 + 0 * 3 + 1, 0 * 9 + 1 * 3 + 1, 1 * 9 + 1 * 3 + 0]
    assert encode_ngrams(ROW, 2, 2).tolist() == [expected]


def test_the_highest_order_is_the_last_whose_codes_fit_63_bits():
    assert highest_order(233) == 7
    assert 234**8 <= 2**63 - 1 < 234**9
    codes = encode_ngrams(torch.full((1, 9), 232), 233, 7)
    assert int(codes[0, 8]) == sum(232 * 234**digit for digit in range(8))


def test_an_order_whose_codes_do_not_fit_is_refused():
    with pytest.raises(ConfigError) as caught:
        encode_ngrams(ROW, 234, 8)
    assert str(caught.value) == "order: 8 is too high for 234 symbols; take at most 6."


def test_only_the_counted_steps_are_counted():
    codes = encode_ngrams(ROW, 2, 0)
    counts = NgramCounts.of(codes, torch.tensor([[False, True, True, True]]))
    assert counts.codes.tolist() == [0, 1]
    assert counts.counts.tolist() == [1, 2]


def test_counts_add_code_by_code_and_forget_what_counts_nothing():
    one = NgramCounts(torch.tensor([1, 4]), torch.tensor([2, 3]))
    other = NgramCounts(torch.tensor([0, 4]), torch.tensor([0, 5]))
    both = one + other
    assert both.codes.tolist() == [1, 4]
    assert both.counts.tolist() == [2, 8]


def test_a_shorter_context_sums_over_the_symbols_that_it_lost():
    counts = NgramCounts.of(encode_ngrams(ROW, 2, 1), EVERY)
    unigrams = counts.shortened(2, 0)
    assert unigrams.codes.tolist() == [0, 1]
    assert unigrams.counts.tolist() == [2, 2]


def test_additive_smoothing_of_hand_counted_bigrams():
    # After 1: once 1, once 0. With 0.5 added to both symbols: (1 + .5) / (2 + 1).
    level = levels_of(NgramCounts.of(encode_ngrams(ROW, 2, 1), EVERY), 2, 1)[1]
    codes = torch.tensor([1 * 3 + 1, 0 * 3 + 0])
    expected = torch.tensor([1.5 / 3, 0.5 / 2], dtype=torch.float64)
    assert_close(additive_probability(codes, level, 2, 0.5), expected)


def test_an_unseen_context_is_uniform_even_without_a_pseudo_count():
    level = levels_of(NgramCounts(torch.tensor([0 * 3 + 1]), torch.tensor([4])), 2, 1)[1]
    after_one = torch.tensor([1 * 3 + 0, 1 * 3 + 1])
    assert additive_probability(after_one, level, 2, 0.0).tolist() == [0.5, 0.5]


def test_witten_bell_smoothing_of_hand_counted_bigrams():
    # Unigram of 0: (2 + 2 · 1/2) / (4 + 2) = 1/2. After 0 only 1 was seen, once, so p(0 | 0) =
    # (0 + 1 · 1/2) / (1 + 1); p(1 | 0) = (1 + 1 · 1/2) / 2.
    levels = levels_of(NgramCounts.of(encode_ngrams(ROW, 2, 1), EVERY), 2, 1)
    codes = torch.tensor([0 * 3 + 0, 0 * 3 + 1])
    expected = torch.tensor([0.25, 0.75], dtype=torch.float64)
    assert_close(witten_bell_probability(codes, levels, 2), expected)


def test_witten_bell_falls_back_to_the_shorter_context_where_the_longer_was_never_seen():
    counts = NgramCounts.of(encode_ngrams(torch.tensor([[0, 0, 0, 1]]), 2, 1), EVERY)
    levels = levels_of(counts, 2, 1)
    # 1 ended the row, so nothing followed it: the unigram (3 + 2 · 1/2) / (4 + 2).
    after_one = torch.tensor([1 * 3 + 0])
    assert_close(witten_bell_probability(after_one, levels, 2).item(), 4 / 6)
