import math

import torch
from torch.testing import assert_close

from seqarena.logspace import bits, log_normalise


def test_a_normalised_row_sums_to_one():
    assert_close(log_normalise(torch.tensor([0.0, 1.0, 2.0])).exp().sum(), torch.tensor(1.0))


def test_an_impossible_entry_stays_impossible():
    row = log_normalise(torch.tensor([0.0, -math.inf]))
    assert row.tolist() == [0.0, -math.inf]


def test_a_row_of_no_weight_becomes_uniform():
    assert_close(log_normalise(torch.full((4,), -math.inf)), torch.full((4,), -math.log(4)))


def test_one_bit_is_the_logarithm_of_two():
    assert bits(math.log(2)) == 1.0
