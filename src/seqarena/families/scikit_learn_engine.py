"""EM of a Gaussian mixture as scikit-learn runs it, from our start and into our buffers.

scikit-learn adds its regulariser to every variance instead of bounding them. It is therefore called
for one iteration at a time with none, and our floor applied in between: both engines climb the same
objective. Each call of `fit` ends with an E-step of its own, which is part of the
cost that is reported.
"""

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from seqarena.batch import Sequences
from seqarena.families.engine_fit import iterate
from seqarena.fitting.protocols import TrainingConfig
from seqarena.inference.gaussian_fit import floored

if TYPE_CHECKING:
    from seqarena.families.gaussian_mixture import GaussianMixture


def run_scikit_learn(
    model: "GaussianMixture", train: Sequences, training: TrainingConfig
) -> tuple[int, bool]:
    """Iterate EM from the present parameters; return the iterations and whether they converged."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture as Peer

    shape = model.components.shape
    peer = Peer(
        len(model.log_weight),
        covariance_type="diag" if shape == "diagonal" else shape,
        reg_covar=0.0,
        max_iter=1,
        tol=0.0,
        warm_start=True,
    )
    frames = _scored_frames(train)
    # What a warm start takes as proof that there was a fit before.
    peer.converged_, peer.lower_bound_ = False, -np.inf
    _give(model, peer)

    def step() -> float:
        with warnings.catch_warnings():
            # One iteration never converges by its rule; ours decides.
            warnings.simplefilter("ignore", ConvergenceWarning)
            peer.lower_bound_ = -np.inf
            peer.fit(frames)
        _take(model, peer)
        _give(model, peer)
        return float(peer.lower_bound_) * len(frames)

    return iterate(step, len(frames), training)


def _scored_frames(train: Sequences) -> np.ndarray:
    if train.scored_from is None:
        return np.asarray(train.values, dtype=np.float64)
    time = np.arange(train.n_steps) - np.repeat(train.offsets[:-1], train.lengths)
    scored = time >= np.repeat(train.scored_from, train.lengths)
    return np.asarray(train.values[scored], dtype=np.float64)


def _give(model: "GaussianMixture", peer: Any) -> None:
    components = model.components
    covariance = components.covariance
    peer.weights_ = model.log_weight.exp().numpy()
    peer.means_ = components.mean.numpy().copy()
    peer.covariances_ = covariance.numpy().copy()
    if components.shape in ("tied", "full"):
        factor = torch.linalg.cholesky(covariance)
        peer.precisions_cholesky_ = torch.linalg.inv(factor).mT.numpy().copy()
    else:
        peer.precisions_cholesky_ = covariance.rsqrt().numpy()


def _take(model: "GaussianMixture", peer: Any) -> None:
    components = model.components
    model.log_weight.copy_(torch.from_numpy(peer.weights_).log())
    components.mean.copy_(torch.from_numpy(peer.means_))
    covariance = torch.from_numpy(peer.covariances_)
    components.covariance.copy_(floored(covariance, components.least_variance, components.shape))
