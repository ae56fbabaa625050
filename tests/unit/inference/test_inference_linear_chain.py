"""Chains of positions against every path, and against the recursion with a whole matrix."""

from itertools import pairwise, product

import pytest
import torch
from torch.testing import assert_close

from seqarena.inference.linear_chain import LinearChain, chain_log_prob, chain_posterior
from seqarena.inference.log_forward_backward import log_forward_backward
from seqarena.inference.packing import Packing

LENGTHS = torch.tensor([4, 2, 3])
BATCH, TIME, POSITIONS = 3, 4, 5


def a_chain(jump: int, seed: int = 0) -> LinearChain:
    draw = torch.Generator().manual_seed(seed)

    def numbers():
        return torch.rand(BATCH, POSITIONS, generator=draw, dtype=torch.float64).log()

    def gone(log_move, by):
        """No move leads out of the chain."""
        log_move[:, POSITIONS - by :] = -torch.inf
        return log_move

    log_start = numbers()
    log_start[:, 2:] = -torch.inf
    return LinearChain(
        log_start, numbers(), gone(numbers(), 1), gone(numbers(), jump), numbers(), jump
    )


def emissions(seed: int = 1) -> torch.Tensor:
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(BATCH, TIME, POSITIONS, generator=draw, dtype=torch.float64)


def moves_of(chain: LinearChain, row: int) -> torch.Tensor:
    """The chain of one sequence as a matrix of log-probabilities, row = from."""
    matrix = torch.full((POSITIONS, POSITIONS), -torch.inf, dtype=torch.float64)
    for move, by in ((chain.log_stay, 0), (chain.log_next, 1), (chain.log_jump, chain.jump)):
        for position in range(POSITIONS - by):
            old = matrix[position, position + by]
            matrix[position, position + by] = torch.logaddexp(old, move[row, position])
    return matrix


def every_path(chain: LinearChain, log_emission: torch.Tensor, row: int):
    """Each path of a sequence, with log p(x, path)."""
    moves, length = moves_of(chain, row), int(LENGTHS[row])
    for path in product(range(POSITIONS), repeat=length):
        total = chain.log_start[row, path[0]] + chain.log_end[row, path[-1]]
        total = total + sum(moves[a, b] for a, b in pairwise(path))
        yield path, total + sum(log_emission[row, t, each] for t, each in enumerate(path))


@pytest.mark.parametrize("jump", [2, 3])
def test_a_chain_is_the_sum_over_every_path(jump):
    chain, log_emission = a_chain(jump), emissions()
    posterior = chain_posterior(chain, log_emission, LENGTHS)
    for row in range(BATCH):
        paths, joint = zip(*every_path(chain, log_emission, row), strict=True)
        log_prob = torch.stack(joint).logsumexp(dim=0)
        assert_close(posterior.log_prob[row], log_prob)
        shares = (torch.stack(joint) - log_prob).exp()
        visits = torch.zeros(TIME, POSITIONS, dtype=torch.float64)
        stays = torch.zeros(POSITIONS, dtype=torch.float64)
        for path, share in zip(paths, shares, strict=True):
            for step, position in enumerate(path):
                visits[step, position] += share
                if step and path[step - 1] == position:
                    stays[position] += share
        assert_close(posterior.position_probs[row], visits)
        assert_close(posterior.n_stays[row], stays)
    assert_close(chain_log_prob(chain, log_emission, LENGTHS), posterior.log_prob)


@pytest.mark.parametrize("jump", [2, 4])
def test_a_chain_is_a_hidden_markov_model_with_one_state_per_position(jump):
    chain, log_emission = a_chain(jump, seed=3), emissions(seed=4)
    posterior = chain_posterior(chain, log_emission, LENGTHS)
    for row in range(BATCH):
        length = int(LENGTHS[row])
        # An ending is one more step, which only the last position of a path may take.
        log_start = torch.cat([chain.log_start[row], torch.tensor([-torch.inf])])
        moves = torch.full((POSITIONS + 1, POSITIONS + 1), -torch.inf, dtype=torch.float64)
        moves[:-1, :-1], moves[:-1, -1] = moves_of(chain, row), chain.log_end[row]
        emission = torch.full((length + 1, POSITIONS + 1), -torch.inf, dtype=torch.float64)
        emission[:-1, :-1], emission[-1, -1] = log_emission[row, :length], 0.0
        packing = Packing.of(torch.ones(1, length + 1, dtype=torch.bool))
        dense = log_forward_backward(log_start, moves, emission, packing)
        assert_close(posterior.log_prob[row], dense.step_log_prob.sum())
        assert_close(posterior.position_probs[row, :length], dense.state_probs[:-1, :-1])
        assert_close(posterior.n_stays[row], dense.transition.diagonal()[:-1])


def test_what_stands_on_padding_is_never_read():
    chain, log_emission = a_chain(2), emissions()
    other = log_emission.clone()
    other[1, 2:], other[2, 3:] = 7.0, -3.0
    one, two = (chain_posterior(chain, each, LENGTHS) for each in (log_emission, other))
    assert_close(one.log_prob, two.log_prob)
    assert_close(one.position_probs, two.position_probs)
    assert_close(one.n_stays, two.n_stays)
    assert one.position_probs[1, 2:].abs().sum() == 0


def test_a_sequence_that_no_path_explains_counts_as_nothing():
    chain, log_emission = a_chain(2), emissions()
    log_emission[0, 1] = -torch.inf
    posterior = chain_posterior(chain, log_emission, LENGTHS)
    assert posterior.log_prob[0] == -torch.inf
    assert posterior.position_probs[0].abs().sum() == 0
    assert posterior.n_stays[0].abs().sum() == 0
    assert_close(posterior.position_probs[1, 0].sum(), torch.tensor(1.0, dtype=torch.float64))


def test_a_long_chain_keeps_a_path_that_scaled_numbers_would_lose():
    """One position for each step, and a detour that is better until the last of them.

    In probability space the only path that ends would be 1e-4000 of the best at half time.
    """
    time = 200
    never = torch.full((1, time), -torch.inf, dtype=torch.float64)
    sure = torch.zeros(1, time, dtype=torch.float64)
    start, end = never.clone(), never.clone()
    start[0, 0], end[0, -1] = 0.0, 0.0
    chain = LinearChain(start, sure, sure, never, end, 2)
    log_emission = torch.full((1, time, time), -50.0, dtype=torch.float64)
    log_emission[:, :, 0] = 0.0
    posterior = chain_posterior(chain, log_emission, torch.tensor([time]))
    assert_close(posterior.log_prob[0], torch.tensor(-50.0 * (time - 1), dtype=torch.float64))
    assert_close(posterior.position_probs[0], torch.eye(time, dtype=torch.float64))
