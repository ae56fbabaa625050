"""How far apart two distributions are, in bits."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.logspace import NATS_PER_BIT

_LEAST = -1e4
"""Stands for minus infinity, which times 0 would be no number: e^-10000 is 0 in 64 bits."""


def jensen_shannon_bits(
    log_probs: Float[Tensor, "*#lead choice"], others: Float[Tensor, "*#lead choice"]
) -> Float[Tensor, "*#lead"]:
    """Return the Jensen-Shannon divergence of distributions given as logarithms, in 64 bits.

    Lin (1991): H((p + q) / 2) - (H(p) + H(q)) / 2. It is exactly 0 where both are equal, exactly 1
    where one choice is sure in the one and another in the other, and never outside of 0 to 1.
    Minus infinity is a probability of 0. Shapes are broadcast. Rows of maps, in numpy, have
    `diagnostics.divergence.row_divergence`; a test holds the two equal.

    Args:
        log_probs: of one distribution [nats].
        others: of the other [nats].
    """
    log_p, log_q = log_probs.double(), others.double()
    p, q = log_p.exp(), log_q.exp()
    of_both: Tensor = torch.special.entr((p + q) / 2).sum(dim=-1)
    apart = (of_both - (_entropy(p, log_p) + _entropy(q, log_q)) / 2) / NATS_PER_BIT
    # Rounding would leave something between two equal ones.
    return apart.clamp(0.0, 1.0).where((log_probs != others).any(dim=-1), 0.0)


def _entropy(
    probs: Float[Tensor, "*lead choice"], log_probs: Float[Tensor, "*lead choice"]
) -> Float[Tensor, "*lead"]:
    """Return the entropy in nats; 0 log 0 is 0."""
    return -(probs * log_probs.clamp_min(_LEAST)).sum(dim=-1)
