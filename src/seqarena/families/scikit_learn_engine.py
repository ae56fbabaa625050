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
from seqarena.errors import DataError
from seqarena.families.engine_fit import iterate
from seqarena.fitting.protocols import TrainingConfig
from seqarena.inference.gaussian_fit import floored

if TYPE_CHECKING:
    from seqarena.families.gaussian_mixture import GaussianMixture


def run_scikit_learn(
    model: "GaussianMixture", train: Sequences, training: TrainingConfig
) -> tuple[int, bool]:
    """Iterate EM from the present parameters; return the iterations and whether they converged.

    Raises:
        DataError: a covariance is singular before the floor can be applied.
    """
    from sklearn.exceptions import ConvergenceWarning

    # Components of weight 0 take no part, and there they would be divided by it.
    alive = model.log_weight.isfinite().nonzero()[:, 0]
    peer, frames = _peer(model, len(alive)), _scored_frames(train)
    _give(model, peer, alive)

    def step() -> float:
        with warnings.catch_warnings():
            # One iteration never converges by its rule; ours decides.
            warnings.simplefilter("ignore", ConvergenceWarning)
            peer.lower_bound_ = -np.inf
            try:
                peer.fit(frames)
            except ValueError as error:
                raise DataError(
                    f"scikit-learn: {error} The variance_floor holds only after each of its steps; "
                    "use engine: seqarena, where it holds within."
                ) from error
        _take(model, peer, alive)
        _give(model, peer, alive)
        return float(peer.lower_bound_) * len(frames)

    return iterate(step, len(frames), training)


def _peer(model: "GaussianMixture", n: int) -> Any:
    from sklearn.mixture import GaussianMixture as Peer

    shape = model.components.shape
    peer = Peer(
        n,
        covariance_type="diag" if shape == "diagonal" else shape,
        reg_covar=0.0,
        max_iter=1,
        tol=0.0,
        warm_start=True,
    )
    # What a warm start takes as proof that there was a fit before.
    peer.converged_, peer.lower_bound_ = False, -np.inf
    return peer


def _scored_frames(train: Sequences) -> np.ndarray:
    if train.scored_from is None:
        return np.asarray(train.values, dtype=np.float64)
    time = np.arange(train.n_steps) - np.repeat(train.offsets[:-1], train.lengths)
    scored = time >= np.repeat(train.scored_from, train.lengths)
    return np.asarray(train.values[scored], dtype=np.float64)


def _give(model: "GaussianMixture", peer: Any, alive: torch.Tensor) -> None:
    components = model.components
    covariance = components.covariance
    if components.shape != "tied":
        covariance = covariance[alive]
    peer.weights_ = model.log_weight[alive].exp().numpy()
    peer.means_ = components.mean[alive].numpy()
    peer.covariances_ = covariance.numpy().copy()
    if components.shape in ("tied", "full"):
        factor = torch.linalg.cholesky(covariance)
        peer.precisions_cholesky_ = torch.linalg.inv(factor).mT.numpy().copy()
    else:
        peer.precisions_cholesky_ = covariance.rsqrt().numpy()


def _take(model: "GaussianMixture", peer: Any, alive: torch.Tensor) -> None:
    components = model.components
    model.log_weight[alive] = torch.from_numpy(peer.weights_).log()
    components.mean[alive] = torch.from_numpy(peer.means_)
    covariance = torch.from_numpy(peer.covariances_)
    covariance = floored(covariance, components.least_variance, components.shape)
    if components.shape == "tied":
        components.covariance.copy_(covariance)
    else:
        components.covariance[alive] = covariance
