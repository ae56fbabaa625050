"""Probabilities as natural logarithms. Minus infinity means impossible, and stays so."""

import math

import torch
from jaxtyping import Float
from torch import Tensor

NATS_PER_BIT = math.log(2.0)


def log_normalise(log_weights: Float[Tensor, "... n"]) -> Float[Tensor, "... n"]:
    """Divide by the sum over the last axis. A row of zero weight becomes uniform."""
    total = torch.logsumexp(log_weights, dim=-1, keepdim=True)
    uniform = -math.log(log_weights.shape[-1])
    return torch.where(total.isneginf(), uniform, log_weights - total.where(total.isfinite(), 0.0))


def bits(nats: float) -> float:
    """Convert nats to bits."""
    return nats / NATS_PER_BIT
