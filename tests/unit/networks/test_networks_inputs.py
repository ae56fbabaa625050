import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.errors import DataError
from seqarena.networks.inputs import FrameInput, TokenInput, build_inputs
from seqarena.schema import DataSchema

FRAMES = sequences_of([np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[8.0, 5.0]])])
TOKENS = sequences_of([np.array([0, 1]), np.array([1])])


def test_frames_are_standardised_and_a_constant_dimension_is_only_centred():
    inputs = FrameInput(2, None)
    inputs.standardise_by(torch.from_numpy(FRAMES.features))
    standard = inputs(collate_all(FRAMES))
    real = torch.cat([standard[0], standard[1, :1]])
    assert_close(real[:, 0].mean(), torch.tensor(0.0), atol=1e-6, rtol=0)
    assert_close(real[:, 0].std(correction=0), torch.tensor(1.0))
    assert real[:, 1].tolist() == [0.0, 0.0, 0.0]


def test_the_moments_are_stored_with_the_parameters():
    assert set(FrameInput(2, 3).state_dict()) == {
        "mean",
        "deviation",
        "projection.weight",
        "projection.bias",
    }


def test_the_wrong_kind_of_batch_is_refused():
    with pytest.raises(DataError) as refusal:
        TokenInput(2, 3)(collate_all(FRAMES))
    assert str(refusal.value) == "the model reads tokens, but the batch holds frames."
    with pytest.raises(DataError) as refusal:
        FrameInput(2, 3)(collate_all(TOKENS))
    assert str(refusal.value) == "the model reads frames, but the batch holds tokens."


def test_the_schema_decides_what_is_read():
    assert build_inputs(DataSchema("density", n_symbols=5), 8, project=False).out_dim == 8
    assert build_inputs(DataSchema("classification", dim=3), 8, project=True).out_dim == 8
    assert build_inputs(DataSchema("classification", dim=3), 8, project=False).out_dim == 3
    with pytest.raises(DataError) as refusal:
        build_inputs(DataSchema("classification"), 8, project=True)
    assert str(refusal.value) == (
        "the schema names neither symbols nor frames; one of them is needed."
    )


def test_embeddings_are_drawn_at_the_scale_that_was_asked_for():
    assert 0.28 < TokenInput(200, 50, scale=0.3).embedding.weight.std() < 0.32
    assert 0.95 < TokenInput(200, 50).embedding.weight.std() < 1.05
