"""Attention as pooling: a sequence, or the regions of a picture, becomes one vector."""

from abc import ABC, abstractmethod
from typing import assert_never

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.choice import PoolingMechanism, build_mechanism
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.reach import Reach
from seqarena.attention.softmax_self_attention import SoftmaxSelfAttention


class AttentionPooling(nn.Module, ABC):
    """A weighted mean over the steps of a sequence, with weights that depend on it."""

    pooled_dim: int
    """Width of the pooled vector."""

    @abstractmethod
    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch pooled_dim"]:
        """Return one vector per sequence, by the fast path."""

    @abstractmethod
    def weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> dict[str, Weights]:
        """Return the weights by name, explicitly; "pooling" has a single row."""

    @abstractmethod
    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""


class QueryPooling(AttentionPooling):
    """One query looks at all steps. It is learned where the mechanism compares it with keys.

    A weighted sum scores the keys alone (a query that never changes would add nothing).
    """

    def __init__(self, mechanism: Mechanism, query_dim: int) -> None:
        super().__init__()
        self.mechanism = mechanism
        self.query = nn.Parameter(torch.randn(query_dim)) if query_dim else None
        self.pooled_dim = mechanism.context_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch pooled_dim"]:
        """Return the context of the query."""
        return self.mechanism.context(self._queries(steps), steps, mask[:, None])[:, 0]

    def weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> dict[str, Weights]:
        """Return the weight of each step."""
        return {"pooling": self.mechanism(self._queries(steps), steps, mask[:, None])[1]}

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return self.mechanism.flops(batch, 1, time)

    def _queries(self, steps: Tensor) -> Float[Tensor, "batch 1 query_dim"]:
        if self.query is None:
            return steps.new_empty(len(steps), 1, 0)
        return self.query.expand(len(steps), 1, -1)


class SelfAttentionPooling(AttentionPooling):
    """Every step looks at all steps, and the contexts of the real ones are averaged.

    The mean over queries of the weights is exactly the weight that a step's value has in the
    pooled vector, so that "pooling" can be read beside the mechanisms that have one query.
    """

    def __init__(self, model_dim: int, n_heads: int) -> None:
        super().__init__()
        heads = MultiHeadAttention(model_dim, model_dim, model_dim, n_heads)
        self.attention = SoftmaxSelfAttention(heads, Reach(is_causal=False))
        self.pooled_dim = model_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch pooled_dim"]:
        """Return the mean context of the real steps."""
        context = self.attention.context(steps, mask)
        return context.where(mask[..., None], 0.0).sum(dim=1) / _n_real(mask)[:, None]

    def weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> dict[str, Weights]:
        """Return the mean row, and all rows."""
        rows = self.attention(steps, mask)[1].where(mask[:, None, :, None], 0.0)
        mean = rows.sum(dim=2, keepdim=True) / _n_real(mask)[:, None, None, None]
        return {"pooling": mean, "pooling.self": rows}

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return self.attention.flops(batch, time)


def build_pooling(
    kind: PoolingMechanism,
    key_dim: int,
    model_dim: int,
    n_heads: int,
    max_time: int,
) -> AttentionPooling:
    """Return a pooling with fresh parameters; `self_attention` needs key_dim = model_dim."""
    match kind:
        case "self_attention":
            return SelfAttentionPooling(model_dim, n_heads)
        case "weighted_sum_linear" | "weighted_sum_additive":
            return QueryPooling(build_mechanism(kind, 0, key_dim, model_dim, n_heads, max_time), 0)
        case "softmax_dot" | "softmax_scaled_dot" | "softmax_general":
            mechanism = build_mechanism(kind, key_dim, key_dim, model_dim, n_heads, max_time)
            return QueryPooling(mechanism, key_dim)
        case "softmax" | "multi_head":
            mechanism = build_mechanism(kind, model_dim, key_dim, model_dim, n_heads, max_time)
            return QueryPooling(mechanism, model_dim)
        case _:
            assert_never(kind)


def _n_real(mask: Bool[Tensor, "batch time"]) -> Int[Tensor, "batch"]:
    return mask.sum(dim=1).clamp_min(1)
