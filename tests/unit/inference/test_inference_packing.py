import torch
from torch.testing import assert_close

from seqarena.inference.packing import Packing

MASK = torch.tensor([[1, 0, 0, 0], [1, 1, 1, 0], [1, 1, 0, 0]]).bool()


def test_the_longest_sequence_comes_first_and_time_runs_slowest():
    packing = Packing.of(MASK)
    assert packing.n_alive == (3, 2, 1)
    assert packing.sequence.tolist() == [1, 2, 0, 1, 2, 1]
    assert packing.time.tolist() == [0, 0, 0, 1, 1, 2]


def test_previous_points_at_the_step_before_of_the_same_sequence():
    packing = Packing.of(MASK)
    # Steps 3 and 4 follow 0 and 1; step 5 follows 3.
    assert packing.previous.tolist() == [0, 1, 3]


def test_packing_and_unpacking_gives_back_the_real_steps_and_zero_elsewhere():
    padded = torch.arange(1.0, 13.0).view(3, 4)
    packing = Packing.of(MASK)
    assert packing.pack(padded).tolist() == [5, 9, 1, 6, 10, 7]
    assert_close(packing.unpack(packing.pack(padded)), padded.where(MASK, 0.0))


def test_some_rows_alone_can_be_packed():
    packing = Packing.of(MASK, torch.tensor([0, 2]))
    assert packing.sequence.tolist() == [2, 0, 2]
    assert packing.n_alive == (2, 1)


def test_a_view_by_time_holds_the_sequences_still_alive():
    packing = Packing.of(MASK)
    assert [part.tolist() for part in packing.by_time(packing.sequence)] == [[1, 2, 0], [1, 2], [1]]


def test_rows_of_one_length_keep_their_order():
    lengths = torch.tensor([2, 4, 2, 0, 4, 1])
    packing = Packing.of(torch.arange(4) < lengths[:, None])
    assert packing.order.tolist() == [1, 4, 0, 2, 5, 3]
    assert packing.lengths.tolist() == [4, 4, 2, 2, 1, 0]
    assert packing.first.tolist() == [0, 5, 9, 11]
    few = Packing.of(torch.arange(4) < lengths[:, None], torch.tensor([4, 2, 0]))
    assert few.order.tolist() == [4, 2, 0]
