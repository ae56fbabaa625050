import numpy as np
import pytest
import torch
from torch.testing import assert_close

from classical_scenes import random_frames, setting
from seqarena.batch import collate_all, sequences_of
from seqarena.errors import NotFittedError
from seqarena.families.classical import build_classical
from seqarena.families.markov_chain_config import MarkovChainConfig
from seqarena.families.vector_quantiser import QuantisedClassifier
from seqarena.schema import DataSchema

SCHEMA = DataSchema("classification", dim=2, n_classes=2)


def a_classifier(n_codes=4):
    config = MarkovChainConfig(kind="markov_chain", n_codes=n_codes)
    return build_classical(config, SCHEMA, torch.Generator())


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
