"""Oracles of the Gaussian mixture: scikit-learn, and the hidden Markov model that forgets."""

import warnings

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as Peer
from torch.testing import assert_close

from classical_scenes import an_hmm, fit_plainly, random_frames, set_hmm
from seqarena.batch import collate_all
from seqarena.families.gaussian_mixture import GaussianMixture
from seqarena.families.gaussian_mixture_config import GaussianMixtureConfig


def a_mixture(n_components=2, dim=3, **knobs):
    config = GaussianMixtureConfig(kind="gaussian_mixture", n_components=n_components, **knobs)
    return GaussianMixture(config, dim)


# With one component tied is full; in one dimension spherical, diagonal and full are one.
REDUCTIONS = [
    ("tied", "full", 1, 3),
    ("spherical", "diagonal", 3, 1),
    ("diagonal", "full", 3, 1),
]
PEER = {"spherical": "spherical", "diagonal": "diag", "tied": "tied", "full": "full"}


def twin(model, max_iter):
    covariance, shape = model.components.covariance.numpy(), model.components.shape
    return Peer(
        len(model.log_weight),
        covariance_type=PEER[shape],
        weights_init=model.log_weight.exp().numpy(),
        means_init=model.components.mean.numpy(),
        precisions_init=np.linalg.inv(covariance) if shape in ("tied", "full") else 1 / covariance,
        reg_covar=0.0,
        tol=0.0,
        max_iter=max_iter,
    )


@pytest.mark.parametrize("covariance", PEER)
def test_scores_responsibilities_and_em_steps_are_those_of_scikit_learn(covariance):
    data = random_frames(40, dim=3, seed=2)
    model = a_mixture(covariance=covariance, variance_floor=1e-6, precision="float64")
    model.initialise(data, data, seed=1)
    peer = twin(model, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer.fit(data.values.astype(np.float64))
    fit_plainly(model, data, 5)
    assert_close(model.log_weight.exp(), torch.from_numpy(peer.weights_))
    assert_close(model.components.mean, torch.from_numpy(peer.means_))
    assert_close(model.components.covariance, torch.from_numpy(peer.covariances_))
    batch = collate_all(data)
    frames = batch.features[batch.mask].double().numpy()
    assert_close(
        model.step_log_prob(batch)[batch.mask], torch.from_numpy(peer.score_samples(frames))
    )
    (shares,) = model.native_maps(batch)
    expected = torch.from_numpy(peer.predict_proba(frames)).float()
    assert_close(shares.values[:, 0][batch.mask], expected)
    assert model.bic(data) == pytest.approx(peer.bic(frames))
    assert model.aic(data) == pytest.approx(peer.aic(frames))


@pytest.mark.parametrize("covariance", PEER)
def test_in_32_bits_fits_are_those_of_scikit_learn_but_for_rounding(covariance):
    data = random_frames(1200, dim=3, seed=2)
    model = a_mixture(4, covariance=covariance)
    model.initialise(data, data, seed=1)
    peer = twin(model, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        peer.fit(data.values.astype(np.float64))
    fit_plainly(model, data, 5, size=1200)
    batch = collate_all(data)
    expected = peer.score_samples(data.values.astype(np.float64)).sum()
    assert model.log_prob(batch).sum().item() == pytest.approx(expected, rel=1e-7)
    close = {"rtol": 1e-4, "atol": 1e-4}
    assert_close(model.log_weight.exp(), torch.from_numpy(peer.weights_), **close)
    assert_close(model.components.mean, torch.from_numpy(peer.means_), **close)
    assert_close(model.components.covariance, torch.from_numpy(peer.covariances_), **close)


@pytest.mark.parametrize(("one", "other", "n", "dim"), REDUCTIONS)
def test_shapes_that_say_the_same_are_fitted_alike(one, other, n, dim):
    data = random_frames(40, dim=dim, seed=3)
    models = [
        a_mixture(n, dim, covariance=shape, precision="float64", variance_floor=0.2)
        for shape in (one, other)
    ]
    for model in models:
        model.initialise(data, data, seed=1)
        fit_plainly(model, data, 4)
    assert_close(*[model.components.mean for model in models])
    assert_close(*[model.components.covariance.flatten() for model in models])
    assert_close(*[model.log_prob(collate_all(data)) for model in models])


def test_a_hidden_markov_model_that_forgets_its_state_is_a_mixture():
    data = random_frames(10, dim=3, seed=4)
    mixture = a_mixture()
    mixture.initialise(data, data, seed=1)
    fit_plainly(mixture, data, 2)
    hidden = an_hmm(2, dim=3)
    weight = mixture.log_weight.exp()
    set_hmm(hidden, weight, weight.expand(2, 2))
    hidden.emission.load_state_dict(mixture.components.state_dict())
    batch = collate_all(data)
    assert_close(hidden.step_log_prob(batch), mixture.step_log_prob(batch))
    assert_close(hidden.native_maps(batch)[0].values, mixture.native_maps(batch)[0].values)
