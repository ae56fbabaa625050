from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.batching import plan_epoch, plan_evaluation, plan_streams, share_of

some_lengths = st.lists(st.integers(1, 12), min_size=1, max_size=80).map(np.array)


@given(some_lengths, st.integers(1, 20), st.integers(1, 5), st.integers(0, 3))
def test_every_row_comes_exactly_once_per_epoch_over_all_processes(
    lengths, batch_size, n_ranks, epoch
):
    plan = plan_epoch(lengths, batch_size, seed=5, epoch=epoch)
    dealt = [share_of(batch, rank, n_ranks) for batch in plan for rank in range(n_ranks)]
    assert sorted(np.concatenate(dealt).tolist()) == list(range(len(lengths)))


@given(some_lengths, st.integers(1, 20))
def test_all_batches_but_one_are_full(lengths, batch_size):
    for plan in (plan_epoch(lengths, batch_size, 0, 0), plan_evaluation(lengths, batch_size)):
        sizes = sorted(len(batch) for batch in plan)
        assert len(plan) == -(-len(lengths) // batch_size)
        assert sizes[1:] == [batch_size] * (len(plan) - 1)
        assert 1 <= sizes[0] <= batch_size


@given(some_lengths, st.integers(1, 20), st.integers(1, 5))
def test_no_process_gets_more_than_one_row_more_than_another(lengths, batch_size, n_ranks):
    for batch in plan_epoch(lengths, batch_size, seed=0, epoch=0):
        sizes = [len(share_of(batch, rank, n_ranks)) for rank in range(n_ranks)]
        assert max(sizes) - min(sizes) <= 1


some_pieces = st.lists(st.integers(1, 9), min_size=1, max_size=20).map(np.array)


@given(some_pieces, st.integers(1, 8), st.integers(0, 3))
def test_every_piece_of_a_stream_comes_once_and_its_lane_reads_in_order(
    n_pieces, batch_size, epoch
):
    plan = plan_streams(n_pieces, batch_size, seed=5, epoch=epoch)
    assert sorted(np.concatenate(plan).tolist()) == list(range(n_pieces.sum()))
    assert len(plan) == -(-int(n_pieces.sum()) // batch_size)
    sequence_of = np.repeat(np.arange(len(n_pieces)), n_pieces)
    first = np.cumsum(n_pieces) - n_pieces
    for before, after in pairwise(plan):
        # A lane may only end; those that are left are the first ones.
        assert len(after) <= len(before)
        for here, there in zip(before, after, strict=False):
            goes_on = sequence_of[here] == sequence_of[there] and there == here + 1
            has_ended = here + 1 == n_pieces.sum() or sequence_of[here + 1] != sequence_of[here]
            assert goes_on or (has_ended and there in first)


@given(some_pieces, st.integers(1, 8))
def test_the_lanes_of_a_stream_are_as_long_as_each_other(n_pieces, batch_size):
    plan = plan_streams(n_pieces, batch_size, seed=0, epoch=0)
    assert all(len(batch) == len(plan[0]) for batch in plan[:-1])
