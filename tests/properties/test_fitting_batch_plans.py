import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from seqarena.data.batching import plan_epoch, plan_evaluation, share_of

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
