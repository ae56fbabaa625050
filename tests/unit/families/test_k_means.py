import numpy as np
import pytest
import torch

from seqarena.errors import SeqarenaWarning
from seqarena.families.k_means import k_means, nearest, nearest_of_many


def test_k_means_finds_the_centres_of_separate_clusters():
    frames = np.array([[0.0], [1.0], [10.0], [11.0]])
    assert sorted(k_means(frames, 2, 0, "n_codes")[:, 0]) == [0.5, 10.5]


def test_k_means_is_a_function_of_its_seed():
    frames = np.random.default_rng(0).normal(size=(300, 2))
    first, again, other = (k_means(frames, 8, seed, "n_codes", most=100) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_sample_of_many_frames_is_taken_from_all_of_them():
    frames = np.concatenate(
        [np.random.default_rng(0).normal(size=(200, 1)), np.full((200, 1), 50.0)]
    )
    assert k_means(frames, 2, 0, "n_codes", most=100).max() == pytest.approx(50.0)


def test_each_frame_goes_to_its_nearest_centre():
    frames = torch.tensor([[0.4], [0.6], [0.5]]).double()
    assert nearest(frames, torch.tensor([[0.0], [1.0]]).double()).tolist() == [0, 1, 0]


def test_many_frames_go_where_each_would_alone():
    draw = np.random.default_rng(0)
    frames, centres = draw.normal(size=(9000, 2)).astype(np.float32), draw.normal(size=(5, 2))
    alone = np.square(frames[:, None] - centres).sum(axis=2).argmin(axis=1)
    assert np.array_equal(nearest_of_many(frames, torch.from_numpy(centres)), alone)


def test_with_fewer_different_frames_than_clusters_the_surplus_repeat_and_a_warning_says_so():
    frames = np.array([[2.0, 0.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0]])
    with pytest.warns(SeqarenaWarning) as caught:
        centres = k_means(frames, 5, 0, "n_codes", "are never used")
    assert [str(one.message) for one in caught] == [
        "n_codes: 5 asked for, but there are only 2 different frames to start from; 2 start at one "
        "of them each, the surplus (3) are never used. Take at most 2 to be rid of them."
    ]
    assert centres.tolist() == [[1.0, 5.0], [2.0, 0.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0]]


def test_as_many_different_frames_as_clusters_are_no_cause_for_a_warning():
    assert sorted(k_means(np.array([[2.0], [1.0], [2.0]]), 2, 0, "n")[:, 0]) == [1.0, 2.0]
