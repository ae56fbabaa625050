import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from seqarena.batch import collate, collate_all, sequences_of
from seqarena.errors import DataError


def tokens(*lists):
    return [np.array(values, dtype=np.int64) for values in lists]


def test_collate_pads_to_the_longest_and_masks_the_rest():
    batch = collate_all(sequences_of(tokens([5, 6, 7], [8])))
    assert batch.tokens.tolist() == [[5, 6, 7], [8, 0, 0]]
    assert batch.mask.tolist() == [[True, True, True], [True, False, False]]
    assert batch.lengths.tolist() == [3, 1]
    assert batch.features is None


def test_collate_takes_the_rows_that_it_is_given_in_their_order():
    sequences = sequences_of(tokens([1], [2, 3], [4]), labels=[7, 8, 9])
    batch = collate(sequences, np.array([2, 1]))
    assert batch.tokens.tolist() == [[4, 0], [2, 3]]
    assert batch.rows.tolist() == [2, 1]
    assert batch.labels.tolist() == [9, 8]


def test_context_steps_are_real_but_not_scored():
    batch = collate_all(sequences_of(tokens([1, 2, 3], [4, 5]), scored_from=[2, 0]))
    assert batch.mask.tolist() == [[True, True, True], [True, True, False]]
    assert batch.scored.tolist() == [[False, False, True], [True, True, False]]


def test_the_target_of_a_transduction_is_collated_with_its_input():
    target = sequences_of(tokens([1, 1, 1], [2]))
    batch = collate(sequences_of(tokens([9], [8, 8]), target=target), np.array([1]))
    assert batch.target.tokens.tolist() == [[2]]


def test_frames_keep_their_axis_and_their_precision():
    frames = [np.ones((2, 3), np.float32), np.full((1, 3), 2.0, np.float32)]
    batch = collate_all(sequences_of(frames))
    assert batch.features.shape == (2, 2, 3)
    assert batch.features.dtype == torch.float32
    assert batch.features[1].tolist() == [[2.0, 2.0, 2.0], [0.0, 0.0, 0.0]]


def test_an_empty_sequence_is_named():
    with pytest.raises(DataError) as caught:
        sequences_of(tokens([1], [], [2]))
    assert str(caught.value) == "sequence 1 of 3 is empty; drop it first."


def test_no_sequence_at_all_is_refused():
    with pytest.raises(DataError, match="no sequence was given; at least one is needed"):
        sequences_of([])


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=6), st.data()
)
def test_selecting_and_collating_loses_nothing(lists, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), min_size=1, max_size=8))
    chosen = sequences_of(tokens(*lists)).select(np.array(rows))
    batch = collate_all(chosen)
    assert [batch.tokens[i][batch.mask[i]].tolist() for i in range(len(rows))] == [
        lists[row] for row in rows
    ]


def test_moving_a_batch_keeps_its_values():
    batch = collate_all(sequences_of(tokens([1, 2]), target=sequences_of(tokens([3]))))
    moved = batch.to("cpu")
    assert_close(moved.tokens, batch.tokens)
    assert_close(moved.target.tokens, batch.target.tokens)
