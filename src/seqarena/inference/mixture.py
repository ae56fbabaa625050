"""Responsibilities of the components of a mixture, and what they sum to."""

import math
from collections.abc import Iterator

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.gaussian_densities import (
    Densities,
    LinearDensities,
    TiedDensities,
    WhitenedDensities,
)
from seqarena.inference.gaussian_features import added_up, in_chunks
from seqarena.inference.gaussian_fit import GaussianSums

# exp of less than this is zero or denormal in 32 bits, and 12 times slower to compute.
_LOWEST_EXPONENT = -87.0
# Up to so many frames the time goes into starting operations.
_FEW = 4096


def responsibilities(
    log_joint: Float[Tensor, "n_components steps"],
) -> tuple[Float[Tensor, "steps"], Float[Tensor, "n_components steps"]]:
    """Return log p(frame) [nats] and p(component | frame): Bishop (2006), eqs. 9.7 and 9.13.

    Args:
        log_joint: log-weight plus log-density of each component; it may be overwritten.
    """
    if len(log_joint) == 1:
        return log_joint[0], torch.ones_like(log_joint)
    largest = log_joint.amax(dim=0)
    if log_joint.dtype == torch.float64:
        share = log_joint.softmax(dim=0)
        # The largest share is 1 over the sum of all in units of the largest.
        return largest.sub_(share.amax(dim=0).log_()), share
    share = log_joint.sub_(largest).clamp_(min=_LOWEST_EXPONENT).exp_()
    # What was clamped is zero: a component of weight 0 is responsible for nothing.
    torch.threshold_(share, 1.01 * math.exp(_LOWEST_EXPONENT), 0.0)
    total = share.sum(dim=0)
    return largest.add_(total.log()), share.mul_(total.reciprocal_())


def mixture_sums(
    densities: Densities, frames: Float[Tensor, "steps dim"]
) -> tuple[Float[Tensor, ""], GaussianSums]:
    """Return the log-likelihood of frames [nats] and the power sums of each component's share.

    One pass, a chunk at a time; chunks add up in 64 bits. The memory is that of a chunk.

    Args:
        densities: with the log-weights in them.
        frames: independent of each other.
    """
    if isinstance(densities, LinearDensities) and densities.exact.shape[0] == 1:
        return _sums_of_one(densities, frames)
    if not isinstance(densities, WhitenedDensities) and densities.is_exact:
        if frames.shape[0] <= _FEW and frames.device.type == "cpu":
            return _sums_of_few(densities, frames)
    log_likelihood, *rest = added_up(_moments(densities, frames))
    moments = tuple(rest)
    return densities.corrected(log_likelihood, moments), densities.features.sums(moments)


def _sums_of_one(densities: LinearDensities, frames: Tensor) -> tuple[Tensor, GaussianSums]:
    """Sum for a Gaussian that has every frame: its log-likelihood is linear in the sums."""
    features = densities.features
    moments = added_up(
        (features.of(part).sum(dim=1)[None],) for part in in_chunks(frames, densities.n_rows)
    )
    return (densities.exact * moments[0]).sum(), features.sums(moments)


def _sums_of_few(
    densities: LinearDensities | TiedDensities, frames: Tensor
) -> tuple[Tensor, GaussianSums]:
    """Do the same in numpy, which starts an operation in a third of torch's time."""
    rows = densities.features.of_few(frames.numpy())
    joint = densities.of_few(rows)
    largest = joint.max(axis=0)
    joint -= largest
    share = np.exp(joint, out=joint)
    total = share.sum(axis=0)
    share /= total
    log_likelihood = torch.from_numpy(np.asarray(largest.sum() + np.log(total).sum()))
    return log_likelihood, densities.features.sums_of_few(rows, share)


def _moments(densities: Densities, frames: Tensor) -> Iterator[tuple[Tensor, ...]]:
    for part in in_chunks(frames, densities.n_rows):
        features = densities.features.of(part)
        log_prob, share = responsibilities(densities.log_density(features))
        yield log_prob.sum(dtype=torch.float64), *densities.features.moments(features, share)
