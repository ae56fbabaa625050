"""Mixtures of diagonal Gaussians that begin with one for each state, and grow by splitting."""

import math
from typing import cast

import torch
from jaxtyping import Int
from torch import Tensor

from seqarena.batch import Sequences
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.label_sums import sums_of_labels
from seqarena.families.mixture_emission import MixtureEmission, MixtureSums

# Standard deviations by which the halves of a split component move apart (Young et al. 2006,
# section 10.6).
_APART = 0.2


def gaussian_mixtures(
    n_states: int, n_components: int, dim: int, variance_floor: float
) -> MixtureEmission:
    """Return a mixture of diagonal Gaussians for each state, of equal weights that have no prior.

    Args:
        n_states: mixtures.
        n_components: Gaussians in each.
        dim: numbers of a frame.
        variance_floor: smallest variance, as a share of each dimension's.
    """
    components = GaussianEmission(n_states * n_components, dim, "diagonal", variance_floor)
    return MixtureEmission(components, n_states, n_components, 0.0)


def single_gaussians(
    like: MixtureEmission, train: Sequences, states: Int[Tensor, "steps"]
) -> MixtureEmission:
    """Return one Gaussian for each state, from frames whose states are known or guessed.

    A state without a frame gets the moments of all frames.

    Args:
        like: mixtures of these states, of any number of components.
        train: all training frames; the variance floor is a share of their variances.
        states: state of each frame.

    Raises:
        DataError: a frame is not finite, or a dimension never varies.
    """
    single = _resized(like, 1)
    single.reference(train)
    gaussians = _gaussians_of(single)
    inner = sums_of_labels(gaussians, torch.from_numpy(train.values), states, len(gaussians.mean))
    single.maximise(MixtureSums(inner.weight[:, None], inner))
    return single


def split_heaviest(mixture: MixtureEmission, n: int) -> MixtureEmission:
    """Return a mixture of `n` components: the heaviest of each state, split; at most twice as many.

    The halves have half the weight each, and stand 0.4 standard deviations apart.

    Args:
        mixture: of diagonal Gaussians; it stays as it is.
        n: components of each state, no fewer than it has.
    """
    n_states, n_before = mixture.log_weight.shape
    old, larger = _gaussians_of(mixture), _resized(mixture, n)
    new, log_weight = _gaussians_of(larger), mixture.log_weight.clone()
    mean = old.mean.view(n_states, n_before, -1).clone()
    variance = old.covariance.view_as(mean)
    heaviest = log_weight.topk(n - n_before, dim=1).indices
    split = (torch.arange(n_states, device=heaviest.device)[:, None], heaviest)
    step = _APART * variance[split].sqrt()
    log_weight[split] -= math.log(2.0)
    larger.log_weight.copy_(torch.cat([log_weight, log_weight[split]], dim=1))
    above = mean[split] + step
    mean[split] -= step
    new.mean.copy_(torch.cat([mean, above], dim=1).flatten(0, 1))
    new.covariance.copy_(torch.cat([variance, variance[split]], dim=1).flatten(0, 1))
    new.origin.copy_(old.origin)
    new.least_variance.copy_(old.least_variance)
    return larger


def _resized(mixture: MixtureEmission, n: int) -> MixtureEmission:
    """Return mixtures of other numbers of components, which have learned nothing."""
    gaussians = _gaussians_of(mixture)
    n_states, dim = len(mixture.log_weight), gaussians.mean.shape[1]
    resized = gaussian_mixtures(n_states, n, dim, gaussians.variance_floor)
    return resized.to(mixture.log_weight.device)


def _gaussians_of(mixture: MixtureEmission) -> GaussianEmission:
    return cast(GaussianEmission, mixture.components)
