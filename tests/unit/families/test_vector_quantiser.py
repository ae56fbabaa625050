import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames, setting
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import NotFittedError, SeqarenaWarning
from seqarena.families.classical import build_classical
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.vector_quantiser import QuantisedClassifier, clusters, k_means, nearest
from seqarena.schema import DataSchema

SCHEMA = DataSchema("classification", dim=2, n_classes=2)


def a_classifier(n_codes=4):
    config = MarkovChainConfig(kind="markov_chain", n_codes=n_codes)
    return build_classical(config, SCHEMA, torch.Generator())


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


def test_with_fewer_different_frames_than_clusters_the_surplus_repeat_and_a_warning_says_so():
    frames = np.array([[2.0, 0.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0]])
    with pytest.warns(SeqarenaWarning) as caught:
        centres = k_means(frames, 5, 0, "n_codes", "are never used")
    assert [str(one.message) for one in caught] == [
        "n_codes: 5 asked for, but there are only 2 different frames to start from; 2 start at one "
        "of them each, the surplus (3) are never used. Take at most 2 to be rid of them."
    ]
    assert centres.tolist() == [[1.0, 5.0], [2.0, 0.0], [1.0, 5.0], [2.0, 0.0], [1.0, 5.0]]


def test_surplus_clusters_get_no_frame():
    frames = np.array([[2.0], [1.0], [2.0]])
    with pytest.warns(SeqarenaWarning, match="n_states: 3 asked for"):
        labels = clusters(frames, 3, 0, "n_states")
    assert labels.tolist() == [1, 0, 1]


def test_as_many_different_frames_as_clusters_are_no_cause_for_a_warning():
    assert sorted(k_means(np.array([[2.0], [1.0], [2.0]]), 2, 0, "n")[:, 0]) == [1.0, 2.0]


@pytest.mark.slow
def test_a_markov_chain_classifies_frames_through_one_codebook(tmp_path):
    # Class 1 alternates between two places, class 0 stays: only the order tells them apart.
    draw = np.random.default_rng(0)
    places = [[0, 0, 1, 1] * 3, [0, 1, 0, 1] * 3] * 15
    data = sequences_of(
        [np.array(row)[:, None] * 5.0 + draw.normal(size=(12, 2)) for row in places],
        labels=[0, 1] * 15,
    )
    model = a_classifier()
    assert isinstance(model, QuantisedClassifier)
    model.fit(data, data, setting(tmp_path))
    batch = collate_all(data)
    assert (model.class_log_prob(batch).argmax(dim=1) == batch.labels).all()
    assert_close(model.log_prob(batch), model.class_log_prob(batch)[range(30), batch.labels])
    assert model.n_free_parameters() == 4 * 2 + model.inner.n_free_parameters()
    other = a_classifier()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.class_log_prob(batch), model.class_log_prob(batch))


def test_an_unfitted_codebook_refuses_to_answer():
    with pytest.raises(NotFittedError) as caught:
        a_classifier().class_log_prob(collate_all(random_frames(2)))
    assert str(caught.value) == (
        "vector quantiser: not fitted; call fit, or load a fitted state dict, first."
    )
