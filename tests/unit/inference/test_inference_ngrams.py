import pytest
import torch

from seqarena.inference.ngrams import NgramCounts, symbol_type

ROWS = torch.tensor([[0, 1, 1, 0], [1, 0, 0, 0]])
EVERY = torch.ones(2, 4, dtype=torch.bool)


def as_dict(ngrams):
    """Counts by n-gram, newest symbol first."""
    columns = ngrams.symbols.T.tolist()
    return dict(zip(map(tuple, columns), ngrams.counts.tolist(), strict=True))


def test_an_n_gram_holds_the_newest_symbol_first_and_start_symbols_before_the_first_step():
    ngrams = NgramCounts.ending_at(ROWS[:1], EVERY[:1], 2, 2)
    assert ngrams.symbols.T.tolist() == [[0, 2, 2], [1, 0, 2], [1, 1, 0], [0, 1, 1]]
    assert ngrams.counts.tolist() == [1, 1, 1, 1]


def test_only_the_counted_steps_are_counted_and_the_others_serve_as_context():
    counted = torch.tensor([[False, False, True, True], [False, True, False, False]])
    ngrams = NgramCounts.ending_at(ROWS, counted, 2, 1).merged()
    assert as_dict(ngrams) == {(1, 1): 1, (0, 1): 2}


def test_merging_sorts_adds_up_and_forgets_what_counts_nothing():
    symbols = torch.tensor([[1, 0, 1, 1, 0], [0, 1, 0, 1, 0]], dtype=torch.uint8)
    merged = NgramCounts(symbols, torch.tensor([2, 3, 5, 0, 1])).merged()
    assert merged.symbols.tolist() == [[0, 0, 1], [0, 1, 0]]
    assert merged.counts.tolist() == [1, 3, 7]
    assert merged.merged() is not merged
    assert torch.equal(merged.merged().symbols, merged.symbols)


@pytest.mark.parametrize("n_symbols", [2, 300, 40_000, 2**33])
@pytest.mark.parametrize("order", [1, 7])
def test_any_alphabet_and_order_are_counted_as_a_dictionary_counts_them(n_symbols, order):
    # Few different symbols, spread over the alphabet, so that n-grams repeat.
    draw = torch.Generator().manual_seed(0)
    few = torch.tensor([0, 1, n_symbols - 1])
    tokens = few[torch.randint(3, (40, 12), generator=draw)]
    every = torch.ones_like(tokens, dtype=torch.bool)
    expected = {}
    for row in tokens.tolist():
        padded = [n_symbols] * order + row
        for end in range(order, len(padded)):
            gram = tuple(padded[end - age] for age in range(order + 1))
            expected[gram] = expected.get(gram, 0) + 1
    merged = NgramCounts.ending_at(tokens, every, n_symbols, order).merged()
    assert as_dict(merged) == expected
    assert merged.symbols.T.tolist() == sorted(merged.symbols.T.tolist())


def test_parts_are_joined_without_adding_up():
    one = NgramCounts(torch.tensor([[0], [1]]), torch.tensor([2]))
    both = NgramCounts.joined([one, one])
    assert both.symbols.tolist() == [[0, 0], [1, 1]]
    assert both.merged().counts.tolist() == [4]


def test_nothing_merges_to_nothing():
    nothing = NgramCounts(torch.zeros(3, 0, dtype=torch.uint8), torch.zeros(0, dtype=torch.long))
    assert len(nothing.merged()) == 0


def test_symbols_take_as_few_bytes_as_hold_the_start_symbol_too():
    assert symbol_type(255) is torch.uint8
    assert symbol_type(256) is torch.int16
    assert symbol_type(32_768) is torch.int32
    assert symbol_type(2**31) is torch.int64
