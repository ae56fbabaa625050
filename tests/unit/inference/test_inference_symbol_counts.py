import torch
from torch.testing import assert_close

from classical_scenes import random_shares
from seqarena.inference.symbol_counts import symbol_counts


def test_the_posteriors_of_each_symbol_add_up_in_64_bits():
    symbols = torch.tensor([2, 0, 2, 2])
    state_probs = random_shares(4, 3)
    expected = torch.zeros(3, 4).double()
    expected[:, 0], expected[:, 2] = state_probs[1], state_probs[[0, 2, 3]].sum(dim=0)
    counts = symbol_counts(symbols, state_probs, 4)
    assert_close(counts, expected)
    narrow = symbol_counts(symbols, state_probs.float(), 4)
    assert narrow.dtype == torch.float64
    assert_close(narrow, expected, rtol=1e-6, atol=0.0)


def test_states_of_one_model_among_several_are_counted_as_if_they_stood_alone():
    side_by_side = random_shares(4, 2, 3)
    symbols = torch.tensor([0, 1, 1, 0])
    counts = symbol_counts(symbols, side_by_side[:, 1], 2)
    assert_close(counts, symbol_counts(symbols, side_by_side[:, 1].clone(), 2))
