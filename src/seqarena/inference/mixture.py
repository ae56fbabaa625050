"""Responsibilities of the components of a mixture."""

import torch
from jaxtyping import Float
from torch import Tensor


def responsibilities(
    log_weight: Float[Tensor, "n_components"], log_density: Float[Tensor, "steps n_components"]
) -> tuple[Float[Tensor, "steps"], Float[Tensor, "steps n_components"]]:
    """Return log p(frame) [nats] and p(component | frame): Bishop (2006), eqs. 9.7 and 9.13."""
    log_joint = log_weight + log_density
    log_prob = log_joint.logsumexp(dim=1)
    # exp of less than -87 is slow in 32 bits; what is clamped is below 1e-37.
    shifted = (log_joint - log_prob[:, None]).clamp(min=-87.0)
    return log_prob, shifted.exp()


def mixture_log_prob(
    log_weight: Float[Tensor, "n_components"], log_density: Float[Tensor, "steps n_components"]
) -> Float[Tensor, "steps"]:
    """Log-density of the mixture at every frame [nats]."""
    return torch.logsumexp(log_weight + log_density, dim=1)
