"""Writing a symbol by pointing at it in the input: a pointer-generator."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.networks.token_scores import tokens_of


class CopyGate(nn.Module):
    """p(y) = g p_vocabulary(y) + (1 - g) sum of a_j over the steps j of the input that say y.

    See, Liu & Manning (2017), eqs. 8-9, with g = sigmoid(w · features + b) and a the weights of the
    attention. The weight of a step whose symbol is in no target goes back to the vocabulary: a look
    there is no wish to copy. So the probabilities sum to 1, and nothing outside the target's
    alphabet can be written: data holds symbols, not the words behind unknown ones.
    """

    target_of: Tensor

    def __init__(self, features_dim: int, target_of_symbol: tuple[int, ...]) -> None:
        super().__init__()
        self.gate = nn.Linear(features_dim, 1)
        # It comes from the schema and is never learned.
        self.register_buffer("target_of", torch.tensor(target_of_symbol), persistent=False)

    def targets(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the target symbol of each step of the input; -1: none. Nobody looks at padding."""
        return self.target_of[tokens_of(batch)]

    def log_prob(
        self,
        logits: Float[Tensor, "batch target_time symbols"],
        features: Float[Tensor, "batch target_time features"],
        weights: Float[Tensor, "batch target_time time"],
        targets: Int[Tensor, "batch time"],
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p(y) of each target step [nats].

        Args:
            logits: of the vocabulary.
            features: what the gate sees.
            weights: of the attention, each row with sum 1.
            targets: the target symbol of each step of the input; -1: none.
        """
        gate = self.gate(features)
        is_shared = (targets >= 0)[:, None]
        lost = weights.masked_fill(is_shared, 0.0).sum(dim=2, keepdim=True)
        pointed = weights.masked_fill(~is_shared, 0.0) * gate.neg().sigmoid()
        places = targets.clamp_min(0)[:, None].expand_as(pointed)
        kept = torch.logaddexp(
            functional.logsigmoid(gate), functional.logsigmoid(-gate) + _safe_log(lost)
        )
        generated = logits.log_softmax(dim=-1) + kept
        copied = torch.zeros_like(generated).scatter_add(2, places, pointed.to(generated))
        return torch.logaddexp(generated, _safe_log(copied)).where(copied > 0, generated)

    def flops(self, batch: int, target_time: int, time: int) -> float:
        """Estimate the floating-point operations of `log_prob`: its product and its sums."""
        return batch * target_time * (2.0 * self.gate.weight.numel() + 3.0 * time)


def _safe_log(shares: Tensor) -> Tensor:
    """Return the logarithm, minus infinity at 0, with a gradient of 0 there and not of NaN."""
    is_some = shares > 0
    return shares.where(is_some, 1.0).log().where(is_some, -torch.inf)
