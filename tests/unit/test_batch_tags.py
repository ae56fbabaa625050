"""Tags: one for each step, carried wherever the steps go."""

import numpy as np
import pytest
import torch

from seqarena.batch import collate, sequences_of
from seqarena.errors import DataError


@pytest.fixture
def tagged():
    return sequences_of(
        [np.array([5, 6, 7]), np.array([8]), np.array([9, 5])],
        tags=[np.array([1, 2, 1]), np.array([3]), np.array([2, 1])],
    )


def test_tags_are_padded_as_their_steps_are(tagged):
    batch = collate(tagged, np.array([2, 0]))
    assert batch.tags.tolist() == [[2, 1, 0], [1, 2, 1]]
    assert batch.tags.dtype == torch.int64


def test_tags_of_frames_are_padded_too():
    frames = sequences_of(
        [np.ones((2, 3)), np.ones((1, 3))], tags=[np.array([1, 2]), np.array([2])]
    )
    assert collate(frames, np.array([0, 1])).tags.tolist() == [[1, 2], [2, 0]]


def test_selected_sequences_keep_their_tags(tagged):
    chosen = tagged.select(np.array([2, 1]))
    assert chosen.tags.tolist() == [2, 1, 3]
    assert chosen.tags_of(1).tolist() == [3]


def test_a_sequence_with_another_number_of_tags_than_steps_is_named():
    with pytest.raises(DataError) as caught:
        sequences_of([np.array([1]), np.array([1, 2])], tags=[np.array([0]), np.array([0])])
    assert str(caught.value) == "sequence 1: 1 tags for 2 steps; each needs one."


def test_sequences_without_tags_have_none_to_give(tagged):
    plain = sequences_of([np.array([1])])
    assert collate(plain, np.array([0])).tags is None
    with pytest.raises(DataError) as caught:
        plain.tags_of(0)
    assert str(caught.value) == (
        "these sequences have no tags; a tagging task gives one for each step."
    )
