"""Probabilities against a dictionary, and the parts of which they are made."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from ngram_oracle import Oracle
from seqarena.inference.ngram_levels import levels_of
from seqarena.inference.ngram_tables import probability_of, shares_of, tables_of, walk
from seqarena.inference.ngrams import NgramCounts
from seqarena.inference.smoothing import Discounts, Smoother, adjusted_counts


def rows_of(n, n_symbols, seed=0, longest=12):
    """Skewed draws with some memory, so that every discount is estimated."""
    draw = np.random.default_rng(seed)
    weights = 1 / np.arange(1, n_symbols + 1)
    rows = []
    for length in draw.integers(1, longest + 1, n):
        row = draw.choice(n_symbols, length, p=weights / weights.sum())
        again = np.flatnonzero(draw.random(length) < 0.4)
        row[again[again > 0]] = row[again[again > 0] - 1]
        rows.append(row.tolist())
    return rows


def counted(rows, n_symbols, order):
    parts = []
    for row in rows:
        tokens = torch.tensor([row])
        parts.append(NgramCounts.ending_at(tokens, torch.ones_like(tokens) > 0, n_symbols, order))
    return NgramCounts.joined(parts).merged()


def stream_of(rows, n_symbols):
    return torch.tensor([symbol for row in rows for symbol in (n_symbols, *row)])


def probabilities(tables, rows, n_symbols):
    stream = stream_of(rows, n_symbols)
    return probability_of(tables, stream, n_symbols)[stream != n_symbols]


@pytest.mark.parametrize("smoothing", ["kneser_ney", "witten_bell"])
@pytest.mark.parametrize(
    ("n_symbols", "order"), [(3, 1), (3, 2), (4, 3), (4, 7), (30, 2), (300, 4)]
)
def test_every_probability_is_that_of_the_textbook(smoothing, n_symbols, order):
    train, test = rows_of(150, n_symbols - 1), rows_of(40, n_symbols, seed=1)
    oracle = Oracle(train, n_symbols, order, smoothing)
    tables = tables_of(counted(train, n_symbols, order), n_symbols, Smoother(smoothing))
    expected = [step for row in train + test for step in oracle.steps(row)]
    found = probabilities(tables, train + test, n_symbols)
    assert_close(found, torch.tensor(expected, dtype=torch.float64))


@pytest.mark.slow
def test_the_discounts_are_estimated_in_every_order_of_such_data():
    # Otherwise the comparison above would never see anything but the fallback.
    rows = rows_of(2000, 60, longest=20)
    tables = tables_of(counted(rows, 60, 2), 60, Smoother("kneser_ney"))
    oracle = Oracle(rows, 60, 2)
    assert [table.discounts.is_fallback for table in tables] == [True, False, False]
    for length, table in enumerate(tables):
        assert_close(list(table.discounts.values), oracle.discounts[length + 1])
    test = rows_of(100, 60, seed=2)
    expected = [step for row in test for step in oracle.steps(row)]
    assert_close(probabilities(tables, test, 60), torch.tensor(expected, dtype=torch.float64))


def test_discounts_of_hand_counted_counts():
    # n1 = 4, n2 = 2, n3 = 2, n4 = 1; Y = 4 / (4 + 4) = 1/2.
    counts = torch.tensor([1] * 4 + [2] * 2 + [3] * 2 + [4] + [0, 9])
    found = Discounts.of(counts)
    assert found == Discounts((1 - 2 * 0.5 * 2 / 4, 2 - 3 * 0.5 * 2 / 2, 3 - 4 * 0.5 / 2), False)
    assert found.taken_from(torch.tensor([0, 1, 2, 3, 9])).tolist() == [0, 0.5, 0.5, 2, 2]


@pytest.mark.parametrize(
    "counts",
    [
        [1, 1, 2, 2],  # nothing was seen three times
        [1, 2, 3, 3, 3, 3],  # D_2 = 2 - 3 · 1/3 · 4 is below 0
    ],
)
def test_degenerate_counts_of_counts_give_the_fallback(counts):
    assert Discounts.of(torch.tensor(counts)) == Discounts((0.5, 1.0, 1.5), True)


def test_continuations_are_counted_below_the_longest_order_but_not_after_the_start_symbol():
    # Pairs: <s>a twice, ab three times, bb once.
    ngrams = counted([[0, 1, 1], [0, 1], [1, 0, 1]], 2, 2)
    _, pairs, _ = levels_of(ngrams, 2)
    adjusted = adjusted_counts(pairs, 2, is_longest=False)
    columns = zip(pairs.parents.tolist(), pairs.oldest.tolist(), adjusted.tolist(), strict=True)
    # (newest, oldest, count): after <s> the times seen; "ab" was seen after <s> and after b.
    assert sorted(columns) == [(0, 1, 1), (0, 2, 2), (1, 0, 2), (1, 1, 1), (1, 2, 1)]


@pytest.mark.parametrize("order", [2, 4])
def test_pruning_gives_what_is_rare_to_the_shorter_context(order):
    train, test = rows_of(300, 5), rows_of(50, 6, seed=1)
    whole = tables_of(counted(train, 6, order), 6, Smoother("kneser_ney"))
    tables = tables_of(counted(train, 6, order), 6, Smoother("kneser_ney"), min_count=3)
    oracle = Oracle(train, 6, order, min_count=3)
    expected = [step for row in test for step in oracle.steps(row)]
    assert_close(probabilities(tables, test, 6), torch.tensor(expected, dtype=torch.float64))
    assert [len(table) for table in tables[:2]] == [len(table) for table in whole[:2]]
    for length in range(2, order + 1):
        often = sum(count >= 3 for count in oracle.raw[length + 1].values())
        assert len(tables[length]) == often < len(whole[length])


def test_contexts_that_were_never_counted_themselves_still_serve_when_pruned():
    # Only the last step of each row counts: its context of two was never counted as an n-gram.
    rows = torch.tensor([[0, 1, 2, 0], [0, 1, 2, 0], [0, 1, 2, 1], [1, 1, 2, 0]])
    last = torch.zeros_like(rows, dtype=torch.bool)
    last[:, -1] = True
    ngrams = NgramCounts.ending_at(rows, last, 3, 3).merged()
    for smoother in (Smoother("kneser_ney"), Smoother("witten_bell")):
        for min_count in (1, 2, 3):
            tables = tables_of(ngrams, 3, smoother, min_count)
            every = [[0, 1, 2, symbol] for symbol in range(3)]
            stream = stream_of(every, 3)
            total = probability_of(tables, stream, 3)[4::5].sum()
            assert_close(total.item(), 1.0)
    plain = tables_of(ngrams, 3, Smoother("maximum_likelihood"))
    found = probability_of(plain, stream_of([[0, 1, 2, 0], [1, 1, 2, 0]], 3), 3)[4::5]
    assert_close(found, torch.tensor([2 / 3, 1.0], dtype=torch.float64))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("smoothing", ["kneser_ney", "witten_bell"])
def test_pruned_or_not_everything_sums_to_one_whichever_steps_were_counted(seed, smoothing):
    draw = torch.Generator().manual_seed(seed)
    tokens = torch.randint(3, (25, 9), generator=draw) * torch.randint(2, (25, 9), generator=draw)
    counted_steps = torch.rand(25, 9, generator=draw) < 0.3
    ngrams = NgramCounts.ending_at(tokens, counted_steps, 3, 4).merged()
    rows = [[*row, symbol] for row in tokens[:, :5].tolist() for symbol in range(3)]
    for min_count in (1, 2, 3):
        tables = tables_of(ngrams, 3, Smoother(smoothing), min_count)
        last = probability_of(tables, stream_of(rows, 3), 3)[6::7]
        assert_close(last.view(25, 3).sum(dim=1), torch.ones(25, dtype=torch.float64))


def test_additive_smoothing_of_hand_counted_pairs():
    # After 1: once 1, once 0. With 0.5 added to both symbols: (1 + .5) / (2 + 1).
    tables = tables_of(counted([[0, 1, 1, 0]], 2, 1), 2, Smoother("additive", 0.5))
    found = probabilities(tables, [[0, 0], [0, 1, 1]], 2)
    after_start, after_zero = 1.5 / 2, 0.5 / 2
    expected = [after_start, after_zero, after_start, 1.5 / 2, 1.5 / 3]
    assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_without_smoothing_an_unseen_context_is_uniform_and_an_unseen_symbol_impossible():
    tables = tables_of(counted([[0, 0, 1]], 3, 2), 3, Smoother("maximum_likelihood"))
    found = probabilities(tables, [[0, 0, 2], [1, 0, 2]], 3)
    # After <s> only 0; after <s>0 only 0; after 00 only 1. After <s>1 nothing was ever seen.
    assert found.tolist() == [1.0, 1.0, 0.0, 0.0, 1 / 3, 1 / 3]


def test_the_parts_of_a_probability_are_what_each_length_adds_to_it():
    rows = rows_of(200, 4)
    tables = tables_of(counted(rows, 5, 3), 5, Smoother("kneser_ney"))
    stream = stream_of(rows_of(30, 5, seed=1), 5)
    steps = stream != 5
    shares = shares_of(tables, stream, 5)[steps]
    assert_close(shares.sum(dim=1), torch.ones(len(shares), dtype=torch.float64))
    assert shares.min() >= 0
    # The share of what is not of the longest context is its weight times the shorter probability.
    *_, (shorter, _), (longest, weight) = walk(tables, stream, 5)
    expected = (weight * shorter / longest)[steps]
    assert_close(shares[:, :-1].sum(dim=1), expected)


def test_a_symbol_that_was_never_seen_owes_its_probability_to_no_context():
    tables = tables_of(counted([[0, 1, 0, 1]], 3, 2), 3, Smoother("kneser_ney"))
    shares = shares_of(tables, stream_of([[0, 1, 2]], 3), 3)
    assert shares[3].tolist() == [1.0, 0.0, 0.0]


def test_a_zero_belongs_to_the_length_whose_counts_made_it():
    tables = tables_of(counted([[0, 0, 0, 1]], 3, 2), 3, Smoother("maximum_likelihood"))
    shares = shares_of(tables, stream_of([[1, 0, 0, 2], [0, 0, 2]], 3), 3)
    # 1 after <s>: length 1. After <s>1, 10: never seen, uniform. After 00, 2: length 2.
    assert shares[[1, 2, 3, 4, 8]].tolist() == [
        [0.0, 1.0, 0.0],
        [1.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0],
        [0.0, 0.0, 1.0],
    ]


def test_sequences_that_are_all_shorter_than_the_order_leave_the_longest_table_empty():
    tables = tables_of(counted([[0], [1], [0]], 2, 3), 2, Smoother("witten_bell"))
    assert [len(table) for table in tables] == [3, 2, 0, 0]
    total = probabilities(tables, [[0, 0, 0, 0], [0, 0, 0, 1]], 2)[3::4].sum()
    assert_close(total.item(), 1.0)
