"""Baum and Welch's algorithm as hmmlearn runs it, from our start and into our buffers.

hmmlearn knows no variance floor. It is therefore called for one iteration at a time, and the floor
applied in between, as our own M-step does: both engines climb the same objective. Its mixtures take
their covariances about the means of the iteration before; they are moved to the new means, as the
exact M-step has them. What it cannot do alike is refused by the configuration.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from seqarena.batch import Sequences
from seqarena.errors import DataError
from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)
from seqarena.families.engine_fit import iterate
from seqarena.fitting.protocols import TrainingConfig
from seqarena.inference.gaussian_fit import Shape, floored

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel

_SHAPES: dict[Shape, str] = {
    "spherical": "spherical",
    "diagonal": "diag",
    "tied": "tied",
    "full": "full",
}


def run_hmmlearn(
    model: "HiddenMarkovModel", train: Sequences, training: TrainingConfig
) -> tuple[int, bool]:
    """Iterate EM from the present parameters; return the iterations and whether they converged."""
    peer = _peer(model)
    values = train.values.reshape(train.n_steps, -1)
    if isinstance(model.emission, PoissonEmission):
        values = values.astype(np.int64)
    _give(model, peer)

    def step() -> float:
        # A state or component without frames divides 0 by 0; `_take` leaves it as it was.
        with np.errstate(invalid="ignore", divide="ignore"):
            peer.fit(values, train.lengths)
        prior = model.log_prior()
        _take(model, peer)
        _give(model, peer)
        return float(peer.monitor_.history[-1]) + prior

    return iterate(step, int(train.n_scored.sum()), training)


def _peer(model: "HiddenMarkovModel") -> Any:
    from hmmlearn.hmm import GMMHMM, CategoricalHMM, GaussianHMM, PoissonHMM

    prior = 1.0 + model.config.pseudo_count
    common = {
        "n_components": model.config.n_states,
        "startprob_prior": prior,
        "transmat_prior": prior,
        "n_iter": 1,
        "tol": -np.inf,
        "init_params": "",
    }
    shape = _SHAPES[model.config.covariance]
    match model.emission:
        case CategoricalEmission():
            return CategoricalHMM(emissionprob_prior=prior, implementation="scaling", **common)
        # Densities are not scaled there, and in many dimensions underflow: the log implementation.
        case GaussianEmission():
            return GaussianHMM(covariance_type=shape, covars_prior=0.0, **common)
        case PoissonEmission():
            return PoissonHMM(**common)
        case MixtureEmission() as emission:
            peer = GMMHMM(
                covariance_type=shape,
                n_mix=emission.log_weight.shape[1],
                weights_prior=prior,
                **common,
            )
            if shape == "spherical" and model.schema.dim is not None:
                # Its default counts components where the maximum of the likelihood has dimensions.
                peer.covars_prior = -(model.schema.dim / 2.0 + 1.0)
            # It clusters all frames at the beginning of every fit, whatever it is told to start.
            peer._init = super(GMMHMM, peer)._init
            return peer
        case BernoulliEmission():
            raise DataError("hmmlearn has no Bernoulli emission; set engine: seqarena.")


def _give(model: "HiddenMarkovModel", peer: Any) -> None:
    peer.startprob_ = model.log_start.exp().numpy()
    peer.transmat_ = model.log_transition.exp().numpy()
    match model.emission:
        case CategoricalEmission() as emission:
            peer.emissionprob_ = emission.log_emission.exp().numpy()
            peer.n_features = emission.log_emission.shape[1]
        case GaussianEmission() as emission:
            peer.n_features = emission.mean.shape[1]
            peer.means_ = emission.mean.numpy().copy()
            peer.covars_ = emission.covariance.numpy().copy()
        case PoissonEmission() as emission:
            peer.n_features = emission.rate.shape[1]
            peer.lambdas_ = emission.rate.numpy().copy()
        case MixtureEmission(components=GaussianEmission() as parts) as emission:
            states = emission.log_weight.shape
            peer.n_features = parts.mean.shape[1]
            peer.weights_ = emission.log_weight.exp().numpy()
            peer.means_ = parts.mean.numpy().reshape(*states, -1).copy()
            peer.covars_ = parts.covariance.view(*states, *parts.covariance.shape[1:]).numpy()


def _take(model: "HiddenMarkovModel", peer: Any) -> None:
    model.log_start.copy_(torch.from_numpy(peer.startprob_).log())
    model.log_transition.copy_(torch.from_numpy(peer.transmat_).log())
    match model.emission:
        case CategoricalEmission() as emission:
            emission.log_emission.copy_(torch.from_numpy(peer.emissionprob_).log())
        case GaussianEmission() as emission:
            # As it keeps them: `covars_` hands all out as matrices, and the spherical ones wrongly.
            spread = torch.from_numpy(peer._covars_)
            spherical = emission.shape == "spherical"
            _put(emission, torch.from_numpy(peer.means_), spread[:, 0] if spherical else spread)
        case PoissonEmission() as emission:
            rate = torch.from_numpy(peer.lambdas_)
            emission.rate.copy_(rate.where(rate.isfinite(), emission.rate))
        case MixtureEmission(components=GaussianEmission() as parts) as emission:
            emission.log_weight.copy_(torch.from_numpy(peer.weights_).log())
            _take_mixture(parts, peer)


def _take_mixture(parts: GaussianEmission, peer: Any) -> None:
    mean = torch.from_numpy(peer.means_).view(parts.mean.shape)
    spread = torch.from_numpy(peer.covars_).view(parts.covariance.shape)
    moved = mean - parts.mean
    match parts.shape:
        case "full":
            spread = spread - moved[:, :, None] * moved[:, None, :]
        case "spherical":
            spread = spread - moved.square().mean(dim=1)
        case _:
            spread = spread - moved.square()
    _put(parts, mean, spread)


def _put(emission: GaussianEmission, mean: Tensor, covariance: Tensor) -> None:
    """Set the Gaussians that have frames; the others are not numbers, and stay as they were."""
    seen = mean.isfinite().all(dim=1)
    if emission.shape != "tied":
        seen = seen & covariance.reshape(len(mean), -1).isfinite().all(dim=1)
        kept = seen.view(-1, *[1] * (covariance.dim() - 1))
        covariance = covariance.where(kept, emission.covariance)
    emission.mean.copy_(mean.where(seen[:, None], emission.mean))
    emission.covariance.copy_(floored(covariance, emission.least_variance, emission.shape))
