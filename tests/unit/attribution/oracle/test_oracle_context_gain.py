import numpy as np
import pytest
import torch
from numpy.testing import assert_allclose
from torch import nn

from classical_scenes import a_chain, fit_plainly, random_frames, random_hmm, random_tokens
from influence_by_hand import one
from seqarena.attribution.oracle.context_gain import context_gain
from seqarena.attribution.oracle.oracle_model import OracleDensity
from seqarena.batch import collate, collate_all
from seqarena.data.sources.lagged_markov import LaggedMarkovSourceConfig
from seqarena.data.sources.synthetic import DrawConfig
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError, DataError
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_a_chain_gains_nothing_beyond_its_order(order) -> None:
    model = a_chain(order, 3)
    fit_plainly(model, random_tokens(60, 3, seed=1))
    batch = collate_all(random_tokens(20, 3, seed=2, longest=12))
    found = context_gain(model.eval(), batch, range(6)).mean
    assert found[order:].tolist() == [0.0] * (6 - order)
    assert (found[:order] != 0).all()


def test_the_true_process_is_flat_from_its_lag_on() -> None:
    draw = DrawConfig(length=24, scored_from=6, n_train=2, n_valid=2, n_test=100)
    source = LaggedMarkovSourceConfig(kind="lagged_markov_source", draw=draw)
    batch = collate_all(source.read().parts[Split.TEST].sequences)
    found = context_gain(OracleDensity(source.known_process), batch, range(6))
    assert found.n == 100 * (24 - 6)
    assert found.mean[3:].tolist() == [0.0, 0.0, 0.0]
    assert found.mean[0] > found.mean[1] >= found.mean[2] > 0.1


def test_the_gain_is_a_difference_of_log_losses() -> None:
    model = random_hmm(2, 3).eval()
    x = [0, 2, 1, 1, 0]
    found = context_gain(model, one(x), (1, 2))
    assert found.n == 3
    for length, total in zip((1, 2), found.total, strict=True):
        parts = [
            float(model.step_log_prob(one(x))[0, at])
            - float(model.step_log_prob(one(x[at - length : at + 1]))[0, -1])
            for at in (2, 3, 4)
        ]
        assert_allclose(total, sum(parts) / np.log(2), rtol=1e-12)


def test_gains_of_batches_add() -> None:
    model = random_hmm(2, 3).eval()
    data = random_tokens(6, 3, longest=9)
    whole = context_gain(model, collate_all(data), (0, 1))
    parts = [context_gain(model, collate(data, rows), (0, 1)) for rows in np.split(np.arange(6), 2)]
    added = parts[0] + parts[1]
    assert_allclose(added.mean, whole.mean, rtol=1e-12)
    with pytest.raises(DataError, match=r"contexts of \(0, 1\) and \(1,\) steps were added"):
        whole + context_gain(model, collate_all(data), (1,))


def test_frames_have_a_gain_too_and_independent_ones_none() -> None:
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=2)
    model = GaussianMixture(config, 2)
    data = random_frames(10, 2, shortest=4)
    model.initialise(data, data, 0)
    fit_plainly(model, data)
    found = context_gain(model.eval(), collate_all(data), (0, 2)).mean
    assert_allclose(found, [0.0, 0.0], atol=1e-12)


def test_context_steps_are_not_outputs() -> None:
    data = random_tokens(1, 3, seed=3, longest=9, scored_from=[4])
    n_steps = int(data.lengths[0])
    assert context_gain(random_hmm(2, 3).eval(), collate_all(data), (1,)).n == n_steps - 4


@pytest.mark.parametrize(
    ("lengths", "message"),
    [
        ((9,), "no scored step of 1 sequences has 9 steps before it"),
        ((-1, 2), r"lengths of context \(-1, 2\)"),
        ((), r"lengths of context \(\)"),
    ],
)
def test_lengths_that_nobody_has_are_refused(lengths, message) -> None:
    with pytest.raises(DataError, match=message):
        context_gain(random_hmm(2, 3).eval(), one([0, 1, 2]), lengths)


def test_a_model_in_training_is_not_asked() -> None:
    class Dropping(nn.Module):
        def step_log_prob(self, batch):
            return torch.zeros(batch.mask.shape)

    with pytest.raises(ArtifactError, match="training mode"):
        context_gain(Dropping().train(), one([0, 1]), (1,))
