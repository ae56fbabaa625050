import numpy as np

from seqarena.data.batching import (
    padding_ratio,
    plan_epoch,
    plan_evaluation,
    plan_streams,
    share_of,
)


def _as_sets(plan):
    return {frozenset(batch.tolist()) for batch in plan}


def test_the_worked_example_is_cut_by_length():
    lengths = np.array([5, 1, 4, 2, 3])
    plan = plan_evaluation(lengths, batch_size=2)
    assert [batch.tolist() for batch in plan] == [[1, 3], [4, 2], [0]]


def test_the_padding_ratio_counts_padded_steps_over_real_ones():
    lengths = np.array([1, 3, 4])
    assert padding_ratio(lengths, [np.array([0, 1]), np.array([2])]) == (3 + 3 + 4) / 8


def test_shares_are_every_nth_row_and_may_be_empty():
    batch = np.array([7, 8, 9])
    assert [share_of(batch, rank, 2).tolist() for rank in (0, 1)] == [[7, 9], [8]]
    assert share_of(batch, 3, 4).tolist() == []


def test_a_plan_is_a_function_of_seed_and_epoch():
    lengths = np.random.default_rng(0).integers(1, 30, 200)
    plan = plan_epoch(lengths, 8, seed=1, epoch=2)
    again = plan_epoch(lengths, 8, seed=1, epoch=2)
    assert all(np.array_equal(a, b) for a, b in zip(plan, again, strict=True))
    for other in (plan_epoch(lengths, 8, seed=2, epoch=2), plan_epoch(lengths, 8, 1, epoch=3)):
        assert [batch.tolist() for batch in other] != [batch.tolist() for batch in plan]


def test_sequences_of_one_length_meet_in_new_company_in_every_epoch():
    lengths = np.full(64, 9)
    first, second = (plan_epoch(lengths, 8, seed=0, epoch=epoch) for epoch in (0, 1))
    assert not _as_sets(first) & _as_sets(second)


def test_batches_do_not_come_in_the_order_of_their_lengths():
    lengths = np.arange(1, 801)
    means = [lengths[batch].mean() for batch in plan_epoch(lengths, 8, seed=0, epoch=0)]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.3


def test_the_planner_pads_at_most_a_tenth_on_long_tailed_lengths():
    generator = np.random.default_rng(3)
    lengths = np.ceil(generator.lognormal(4.0, 1.0, 20_000)).clip(max=1024).astype(int)
    plan = plan_epoch(lengths, 32, seed=0, epoch=0)
    at_random = np.split(generator.permutation(20_000), range(32, 20_000, 32))
    assert padding_ratio(lengths, at_random) > 3
    assert padding_ratio(lengths, plan) <= 1.10
    assert padding_ratio(lengths, plan_evaluation(lengths, 32)) <= 1.02


def test_the_plan_of_a_stream_is_a_function_of_seed_and_epoch():
    pieces = np.random.default_rng(0).integers(1, 9, 30)
    plan = plan_streams(pieces, 4, seed=1, epoch=2)
    again = plan_streams(pieces, 4, seed=1, epoch=2)
    assert all(np.array_equal(a, b) for a, b in zip(plan, again, strict=True))
    for other in (plan_streams(pieces, 4, seed=2, epoch=2), plan_streams(pieces, 4, 1, epoch=3)):
        assert [batch.tolist() for batch in other] != [batch.tolist() for batch in plan]


def test_a_single_document_is_read_from_as_many_places_as_there_are_lanes():
    plan = plan_streams(np.array([7]), 3, seed=0, epoch=0)
    assert [batch.tolist() for batch in plan] == [[0, 3, 5], [1, 4, 6], [2]]
