import numpy as np
import pytest
import torch

from seqarena.batch import collate_all
from seqarena.errors import DataError, NotFittedError
from seqarena.families.family import SamplingFamily
from seqarena.families.hidden_markov import HiddenMarkovModel
from seqarena.families.neural import RecurrentConfig, TransformerConfig, build_neural
from seqarena.networks.sampling import Sampling
from seqarena.schema import DataSchema

TOKENS = DataSchema("density", n_symbols=3, max_length=4)
GRU = RecurrentConfig(kind="gru", model_dim=8, dropout=0.5)
TRANSFORMER = TransformerConfig(kind="transformer", model_dim=8, n_heads=2)
TIED = RecurrentConfig(kind="lstm", model_dim=8, tie_weights=True)
LOOKS_BACK = RecurrentConfig(kind="gru", model_dim=8, attention="softmax")


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def a_density(config=GRU):
    family = build_neural(config, TOKENS, seeded())
    family.fitted.fill_(True)
    return family


@pytest.mark.parametrize("config", [GRU, TRANSFORMER, TIED, LOOKS_BACK])
def test_samples_have_the_lengths_asked_for_and_the_log_prob_of_the_model(config):
    family = a_density(config).train()
    for sampling in (Sampling(), Sampling(temperature=0.5, top_k=2)):
        drawn = family.sample([2, 4, 1], seeded(3), sampling)
        assert drawn.sequences.lengths.tolist() == [2, 4, 1]
        expected = family.log_prob(collate_all(drawn.sequences)).numpy()
        np.testing.assert_allclose(drawn.log_prob, expected, rtol=1e-5)
    assert family.training


def test_the_same_generator_gives_the_same_sample():
    once, again = (a_density().sample([4, 2], seeded(5)) for _ in range(2))
    assert once.sequences.tokens.tolist() == again.sequences.tokens.tolist()


def test_every_family_that_samples_meets_one_protocol():
    assert isinstance(a_density(), SamplingFamily)
    assert issubclass(HiddenMarkovModel, SamplingFamily)


def test_an_unfitted_density_draws_nothing():
    with pytest.raises(NotFittedError):
        build_neural(GRU, TOKENS, seeded()).sample([1], seeded())


@pytest.mark.parametrize("lengths", [[], [2, 0]])
def test_lengths_that_no_sequence_has_are_refused(lengths):
    with pytest.raises(DataError) as refusal:
        a_density().sample(lengths, seeded())
    assert str(refusal.value) == (
        f"lengths {lengths} came; expected at least one, and each of them at least 1."
    )


def test_learned_positions_bound_how_long_a_sample_is():
    assert len(a_density(TRANSFORMER).sample([5], seeded()).sequences.tokens) == 5
    with pytest.raises(DataError) as refusal:
        a_density(TRANSFORMER).sample([6], seeded())
    assert str(refusal.value).startswith("a sequence of 5 steps came, but positions are learned")
