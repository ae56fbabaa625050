"""Baum and Welch's algorithm as hmmlearn runs it, from our start and into our buffers.

hmmlearn knows no variance floor. It is therefore called for one iteration at a time, and the floor
applied in between, as our own M-step does: both engines climb the same objective.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from seqarena.batch import Sequences
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.engine_fit import iterate
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.fitting.protocols import TrainingConfig
from seqarena.inference.gaussian_fit import floored

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel


def run_hmmlearn(
    model: "HiddenMarkovModel", train: Sequences, training: TrainingConfig
) -> tuple[int, bool]:
    """Iterate EM from the present parameters; return the iterations and whether they converged."""
    peer = _peer(model)
    values = train.values.reshape(train.n_steps, -1)
    _give(model, peer)

    def step() -> float:
        peer.fit(values, train.lengths)
        prior = model.log_prior()
        _take(model, peer)
        _give(model, peer)
        return float(peer.monitor_.history[-1]) + prior

    return iterate(step, int(train.n_scored.sum()), training)


def _peer(model: "HiddenMarkovModel") -> Any:
    from hmmlearn.hmm import CategoricalHMM, GaussianHMM

    prior = 1.0 + model.config.pseudo_count
    common = {
        "n_components": model.config.n_states,
        "startprob_prior": prior,
        "transmat_prior": prior,
        "n_iter": 1,
        "tol": -np.inf,
        "init_params": "",
    }
    if isinstance(model.emission, CategoricalEmission):
        return CategoricalHMM(emissionprob_prior=prior, implementation="scaling", **common)
    # Densities are not scaled there, and in many dimensions underflow: the log implementation.
    shape = "full" if model.config.covariance == "full" else "diag"
    return GaussianHMM(covariance_type=shape, covars_prior=0.0, implementation="log", **common)


def _give(model: "HiddenMarkovModel", peer: Any) -> None:
    peer.startprob_ = model.log_start.exp().numpy()
    peer.transmat_ = model.log_transition.exp().numpy()
    match model.emission:
        case CategoricalEmission() as emission:
            peer.emissionprob_ = emission.log_emission.exp().numpy()
            peer.n_features = emission.log_emission.shape[1]
        case GaussianEmission() as emission:
            peer.means_ = emission.mean.numpy().copy()
            peer.n_features = emission.mean.shape[1]
            peer.covars_ = emission.covariance.numpy().copy()


def _take(model: "HiddenMarkovModel", peer: Any) -> None:
    model.log_start.copy_(torch.from_numpy(peer.startprob_).log())
    model.log_transition.copy_(torch.from_numpy(peer.transmat_).log())
    match model.emission:
        case CategoricalEmission() as emission:
            emission.log_emission.copy_(torch.from_numpy(peer.emissionprob_).log())
        case GaussianEmission() as emission:
            emission.mean.copy_(torch.from_numpy(peer.means_))
            covariance = torch.from_numpy(np.array(peer.covars_))
            emission.covariance.copy_(_floored(covariance, emission))


def _floored(covariance: torch.Tensor, emission: GaussianEmission) -> torch.Tensor:
    if emission.shape == "diagonal":
        # hmmlearn hands diagonal covariances out as matrices.
        covariance = covariance.diagonal(dim1=1, dim2=2)
    return floored(covariance, emission.least_variance, emission.shape)
