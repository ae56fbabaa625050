"""Posteriors of links against the sum over all alignments."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from alignment_scenes import (
    MAX_JUMP,
    diagonal_row,
    enumerate_links,
    padded,
    pieces,
    random_jumps,
)
from seqarena.inference.alignment_hmm import chained_links
from seqarena.inference.alignment_jumps import flat_jumps
from seqarena.inference.alignment_pairs import word_pairs
from seqarena.inference.alignment_posterior import diagonal, independent_links
from seqarena.inference.alignment_prediction import chained_expectation, independent_expectation

# Of unequal lengths on both sides, so that every piece is padded in both directions.
SOURCE = [[0, 1], [2, 0, 1, 2], [1], [2, 2, 0]]
TARGET = [[0, 1, 2], [1], [2, 0, 1, 1], [0, 0]]
P_NULL = 0.3
EXPECT = {
    "ibm_1": independent_expectation,
    "ibm_2": independent_expectation,
    "hmm": chained_expectation,
}
ALIGN = {"ibm_1": independent_links, "ibm_2": independent_links, "hmm": chained_links}


def random_table(seed=1):
    draw = torch.Generator().manual_seed(seed)
    return torch.rand(4, 3, generator=draw, dtype=torch.float64)


def emission_of(pairs, table):
    return table[pairs.source[pairs.rank], pairs.target[:, None]].where(pairs.is_real, 0.0)


def jumps_of(model):
    return flat_jumps(MAX_JUMP) if model == "ibm_1" else random_jumps()


def enumerated(model, table, row):
    t = table[torch.tensor([3, *SOURCE[row]])][:, torch.tensor(TARGET[row])].T.numpy()
    return enumerate_links(model, t, jumps_of(model), P_NULL)


@pytest.mark.parametrize("model", ALIGN)
def test_likelihood_and_links_are_the_sum_over_all_alignments(model):
    table = random_table()
    (pairs,) = pieces(SOURCE, TARGET, empty_word=3)
    posterior = ALIGN[model](pairs, emission_of(pairs, table), jumps_of(model), MAX_JUMP, P_NULL)
    for row in range(len(SOURCE)):
        expected = enumerated(model, table, row)
        own = pairs.packing.sequence == row
        assert_close(posterior.step_log_prob[own].sum().item(), expected.log_prob)
        links = posterior.link_probs[own][:, : len(SOURCE[row]) + 1]
        assert_close(links, torch.from_numpy(expected.link_probs))
        assert posterior.link_probs[own][:, len(SOURCE[row]) + 1 :].sum() == 0


@pytest.mark.parametrize("model", ALIGN)
def test_expected_moves_are_those_of_all_alignments(model):
    table = random_table()
    (pairs,) = pieces(SOURCE, TARGET, empty_word=3)
    posterior = ALIGN[model](pairs, emission_of(pairs, table), jumps_of(model), MAX_JUMP, P_NULL)
    moves, leaves = np.zeros((5, 4)), np.zeros((5, 4))
    for row in range(len(SOURCE)):
        for (start, to), count in enumerated(model, table, row).moves.items():
            moves[start, to] += count
            leaves[start, len(SOURCE[row]) - 1] += count
    assert_close(posterior.moves, torch.from_numpy(moves))
    assert_close(posterior.leaves, torch.from_numpy(leaves))


def test_ibm_model_1_has_its_closed_form():
    table = random_table()
    (pairs,) = pieces(SOURCE, TARGET, empty_word=3)
    jumps = flat_jumps(MAX_JUMP)
    posterior = independent_links(pairs, emission_of(pairs, table), jumps, MAX_JUMP, P_NULL)
    for row, (source, target) in enumerate(zip(SOURCE, TARGET, strict=True)):
        mean = table[source][:, target].mean(dim=0)
        expected = (P_NULL * table[3, target] + (1 - P_NULL) * mean).log().sum()
        own = pairs.packing.sequence == row
        assert_close(posterior.step_log_prob[own].sum(), expected)


def test_the_hmm_without_preference_is_ibm_model_1():
    (pairs,) = pieces(SOURCE, TARGET, empty_word=3)
    emission = emission_of(pairs, random_table())
    jumps = flat_jumps(MAX_JUMP)
    one = independent_links(pairs, emission, jumps, MAX_JUMP, P_NULL)
    chain = chained_links(pairs, emission, jumps, MAX_JUMP, P_NULL)
    assert_close(chain.link_probs, one.link_probs)
    assert_close(chain.step_log_prob, one.step_log_prob)


def test_a_long_pair_with_tiny_probabilities_keeps_its_likelihood():
    """Log-probabilities of -700 a word underflow within two words unless they are scaled."""
    (pairs,) = pieces([[0] * 3], [[0] * 40], empty_word=1)
    emission = torch.full((40, 4), 1e-300, dtype=torch.float64)
    posterior = chained_links(pairs, emission, random_jumps(), MAX_JUMP, P_NULL)
    assert_close(posterior.step_log_prob, torch.full((40,), np.log(1e-300), dtype=torch.float64))
    assert_close(posterior.link_probs.sum(dim=1), torch.ones(40, dtype=torch.float64))


@pytest.mark.parametrize("align", [independent_links, chained_links])
def test_a_word_that_nothing_explains_has_no_links(align):
    (pairs,) = pieces([[0, 1]], [[0, 1, 0]], empty_word=2)
    emission = torch.ones(3, 3, dtype=torch.float64)
    emission[1] = 0.0
    posterior = align(pairs, emission, random_jumps(), MAX_JUMP, P_NULL)
    assert posterior.step_log_prob[1] == -torch.inf
    assert posterior.link_probs[1].sum() == 0
    assert posterior.link_probs.isfinite().all()


def test_the_diagonal_is_the_word_that_lies_as_far_into_its_sentence():
    for n_source in range(1, 9):
        for n_target in range(1, 9):
            time = torch.arange(n_target)
            found = diagonal(
                time, torch.full_like(time, n_target), torch.full_like(time, n_source)
            ).tolist()
            assert found == [diagonal_row(step, n_target, n_source) - 1 for step in range(n_target)]


def test_pieces_are_of_like_length_and_hold_every_pair_with_words_on_both_sides():
    source = [[1] * (1 + row % 7) for row in range(300)]
    target = [[2] * (row % 3) or [0] for row in range(300)]
    target_side = padded(target)
    empty = torch.tensor([row % 3 == 0 for row in range(300)])
    target_side.mask[empty] = False
    found = list(word_pairs(padded(source), target_side, empty_word=9))
    assert len(found) == 1
    rows = torch.cat([pairs.packing.sequence for pairs in found]).unique()
    assert rows.tolist() == torch.nonzero(~empty)[:, 0].tolist()
    many = pieces(source, [[2]] * 300, empty_word=9)
    assert [int(pairs.n_source.max()) for pairs in many] == [6, 7]


@pytest.mark.parametrize("model", ALIGN)
def test_links_that_are_expected_sum_to_one_and_explain_each_word_as_the_posterior_does(model):
    table = random_table()
    (pairs,) = pieces(SOURCE, TARGET, empty_word=3)
    emission, jumps = emission_of(pairs, table), jumps_of(model)
    expected = EXPECT[model](pairs, emission, jumps, MAX_JUMP, P_NULL)
    assert_close(expected.sum(dim=1), torch.ones(len(expected)).double())
    assert (expected[~pairs.is_real] == 0).all()
    posterior = ALIGN[model](pairs, emission, jumps, MAX_JUMP, P_NULL)
    assert_close((expected * emission).sum(dim=1).log(), posterior.step_log_prob)
