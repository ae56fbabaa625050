"""The linear-chain conditional random field against sums and maxima over every path."""

from itertools import product

import pytest
import torch
from torch.testing import assert_close

from seqarena.inference.linear_chain_field import log_partition, path_log_marginals, path_score
from seqarena.inference.packing import Packing

K = 3


def chain(lengths, seed=0, spread=1.0):
    """Scores of a ragged batch: start, transition, padded scores and the mask."""
    draw = torch.Generator().manual_seed(seed)

    def drawn(*shape):
        return spread * torch.randn(*shape, dtype=torch.float64, generator=draw)

    mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return drawn(K), drawn(K, K), drawn(len(lengths), max(lengths), K), mask


def score_plainly(start, transition, scores, path):
    """Score one path by adding it up."""
    total = start[path[0]] + scores[0, path[0]]
    for step in range(1, len(path)):
        total = total + transition[path[step - 1], path[step]] + scores[step, path[step]]
    return total


def every_path(start, transition, scores):
    """All paths of one sequence, and what each scores."""
    paths = list(product(range(K), repeat=len(scores)))
    return paths, torch.stack([score_plainly(start, transition, scores, path) for path in paths])


def log_z_by_listing(start, transition, scores, mask):
    lengths = mask.sum(dim=1).tolist()
    return torch.stack(
        [
            every_path(start, transition, own[:n])[1].logsumexp(0)
            for own, n in zip(scores, lengths, strict=True)
        ]
    )


@pytest.mark.parametrize("lengths", [[1], [2, 4, 1], [3, 3], [1, 5]])
def test_the_partition_is_the_sum_over_every_path(lengths):
    start, transition, scores, mask = chain(lengths, seed=len(lengths))
    packing = Packing.of(mask)
    found = log_partition(start, transition, packing.pack(scores), packing)
    assert_close(found, log_z_by_listing(start, transition, scores, mask))


def test_a_path_scores_the_sum_of_its_start_moves_and_steps():
    start, transition, scores, mask = chain([2, 4, 1, 4])
    packing = Packing.of(mask)
    path = torch.randint(K, mask.shape, generator=torch.Generator().manual_seed(1))
    found = path_score(start, transition, packing.pack(scores), packing.pack(path), packing)
    for row, n in enumerate([2, 4, 1, 4]):
        own = path[row, :n].tolist()
        assert_close(found[row], score_plainly(start, transition, scores[row], own))


def test_a_move_is_read_from_its_row_to_its_column():
    transition = torch.zeros(K, K, dtype=torch.float64)
    transition[0, 2] = 7.0
    packing = Packing.of(torch.ones(1, 2, dtype=torch.bool))
    nothing = torch.zeros(2, K, dtype=torch.float64)
    for path, expected in (([0, 2], 7.0), ([2, 0], 0.0)):
        found = path_score(nothing[0], transition, nothing, torch.tensor(path), packing)
        assert found.item() == expected


def test_marginals_are_the_shares_of_all_paths_through_a_state():
    lengths = [3, 5, 1]
    start, transition, scores, mask = chain(lengths, seed=3)
    packing = Packing.of(mask)
    found = packing.unpack(
        path_log_marginals(start, transition, packing.pack(scores), packing).exp()
    )
    for row, n in enumerate(lengths):
        paths, totals = every_path(start, transition, scores[row, :n])
        shares = totals.softmax(0)
        for step in range(n):
            for state in range(K):
                through = [path[step] == state for path in paths]
                assert_close(found[row, step, state], shares[through].sum())
        assert found[row, n:].abs().sum() == 0


def test_gradients_are_those_of_the_listed_sum():
    tensors = chain([3, 1, 4], seed=5)
    given_ = [tensor.clone().requires_grad_() for tensor in tensors[:3]]
    listed = [tensor.clone().requires_grad_() for tensor in tensors[:3]]
    packing, weight = Packing.of(tensors[3]), torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    start, transition, scores = given_
    (weight * log_partition(start, transition, packing.pack(scores), packing)).sum().backward()
    (weight * log_z_by_listing(*listed, tensors[3])).sum().backward()
    for ours, theirs in zip(given_, listed, strict=True):
        assert_close(ours.grad, theirs.grad)


def log_marginals_by_listing(start, transition, scores, mask):
    """log of the share of paths through each state at each step; 0 on padding."""
    rows = []
    for own, n in zip(scores, mask.sum(dim=1).tolist(), strict=True):
        paths, totals = every_path(start, transition, own[:n])
        through = [[[path[step] == k for path in paths] for k in range(K)] for step in range(n)]
        parts = [torch.stack([totals[at].logsumexp(0) for at in step]) for step in through]
        padding = torch.zeros(mask.shape[1] - n, K, dtype=torch.float64)
        rows.append(torch.cat([torch.stack(parts) - totals.logsumexp(0), padding]))
    return torch.stack(rows)


def test_gradients_of_the_marginals_are_those_of_the_listed_ones():
    *tensors, mask = chain([3, 1, 4], seed=6)
    ours, listed = ([each.clone().requires_grad_() for each in tensors] for _ in range(2))
    packing, (start, transition, scores) = Packing.of(mask), ours
    found = packing.unpack(path_log_marginals(start, transition, packing.pack(scores), packing))
    weight = torch.randn(
        found.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1)
    )
    expected = log_marginals_by_listing(*listed, mask)
    assert_close(found, expected)
    (weight * found).sum().backward()
    (weight * expected).sum().backward()
    for one, other in zip(ours, listed, strict=True):
        assert_close(one.grad, other.grad)


def test_a_state_too_rare_for_a_float_has_its_log_marginal_and_a_slope():
    packing, nothing = Packing.of(torch.ones(1, 2, dtype=torch.bool)), torch.zeros(2).double()
    scores = torch.tensor([[0.0, -5000.0], [0.0, 0.0]], dtype=torch.float64, requires_grad=True)
    found = path_log_marginals(nothing, nothing.expand(2, 2), scores, packing)
    assert_close(found[0].detach(), scores[0].detach())
    (slope,) = torch.autograd.grad(found[0, 1], scores)
    assert_close(slope, torch.tensor([[-1.0, 1.0], [0.0, 0.0]]).double())


def test_each_sequence_of_a_ragged_batch_is_summed_as_if_it_were_alone():
    lengths = [4, 1, 6, 6, 2]
    start, transition, scores, mask = chain(lengths, seed=7)
    packing = Packing.of(mask)
    together = log_partition(start, transition, packing.pack(scores), packing)
    for row, n in enumerate(lengths):
        own = Packing.of(torch.ones(1, n, dtype=torch.bool))
        assert_close(together[row], log_partition(start, transition, scores[row, :n], own)[0])


def test_scores_of_any_size_do_not_overflow():
    start, transition, scores, mask = chain([5], seed=9, spread=1e4)
    packing = Packing.of(mask)
    found = log_partition(start, transition, packing.pack(scores), packing)
    assert_close(found, log_z_by_listing(start, transition, scores, mask))


@pytest.mark.parametrize("length", [1, 4])
def test_without_moves_the_partition_is_that_of_each_step(length):
    _, _, scores, mask = chain([length])
    packing, nothing = Packing.of(mask), torch.zeros(K, K, dtype=torch.float64)
    found = log_partition(nothing[0], nothing, packing.pack(scores), packing)
    assert_close(found[0], scores[0].logsumexp(dim=1).sum())
