"""How far apart two distributions are, in bits."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.logspace import NATS_PER_BIT


def jensen_shannon_bits(
    log_probs: Float[Tensor, "*#lead choice"], others: Float[Tensor, "*#lead choice"]
) -> Float[Tensor, "*#lead"]:
    """Return the Jensen-Shannon divergence of distributions given as logarithms, in 64 bits.

    Lin (1991): H((p + q) / 2) - (H(p) + H(q)) / 2. It is exactly 0 where both are equal, exactly 1
    where one choice is sure in the one and another in the other, and never outside of 0 to 1.
    Minus infinity is a probability of 0. Shapes are broadcast.

    Args:
        log_probs: of one distribution [nats].
        others: of the other [nats].
    """
    first, second = log_probs.double().exp(), others.double().exp()
    apart = _entropy((first + second) / 2) - (_entropy(first) + _entropy(second)) / 2
    return (apart / NATS_PER_BIT).clamp(0.0, 1.0)


def _entropy(probs: Float[Tensor, "*lead choice"]) -> Float[Tensor, "*lead"]:
    """Return the entropy in nats; 0 log 0 is 0."""
    entropy: Tensor = torch.special.entr(probs).sum(dim=-1)
    return entropy
