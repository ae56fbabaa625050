"""Self-attention: the steps of one sequence look at each other."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights, causal_mask
from seqarena.attention.multi_head import KeysAndValues, MultiHeadAttention


class SelfAttention(nn.Module):
    """Multi-head attention of X over X: Vaswani et al. (2017), section 3.2.3.

    Causal: step i attends j <= i only. Padding stands on the right, so a real step never sees it
    there, and the padding mask is not needed; what a padded step computes is nobody's business.
    """

    def __init__(self, model_dim: int, n_heads: int, is_causal: bool = False) -> None:
        super().__init__()
        self.heads = MultiHeadAttention(model_dim, model_dim, model_dim, n_heads)
        self.is_causal = is_causal
        self.context_dim = model_dim

    def forward(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context of each step, and the weights of each head."""
        if self.is_causal:
            attend_mask = causal_mask(steps.shape[1], steps.device)[None]
        else:
            attend_mask = mask[:, None]
        context, weights = self.heads(steps, steps, attend_mask.expand(len(steps), -1, -1))
        return context, weights

    def context(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the context of each step by the fused kernel."""
        if not self.is_causal:
            return self.heads.context(steps, steps, mask[:, None])
        return self.heads.context_of(steps, *self.heads.keys_and_values(steps), is_causal=True)

    def advance(
        self, step: Float[Tensor, "batch 1 model_dim"], seen: KeysAndValues | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], KeysAndValues]:
        """Return the context of the newest step over all that came, and what the next one needs."""
        newest = self.heads.keys_and_values(step)
        if seen is not None:
            newest = KeysAndValues(
                *(torch.cat(both, dim=2) for both in zip(seen, newest, strict=True))
            )
        return self.heads.context_of(step, *newest), newest

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `context`, the upper triangle included."""
        return self.heads.flops(batch, time, time)
