"""Scaled dot-product attention: softmax(Q Kᵀ / √d_k) V."""

import math

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.attend import Weights, attend
from seqarena.attention.mechanism import Mechanism


def scaled_dot_scores(
    query: Float[Tensor, "*lead query_time head_dim"],
    key: Float[Tensor, "*lead key_time head_dim"],
) -> Float[Tensor, "*lead query_time key_time"]:
    """Return e_ij = q_i · k_j / √d_k: Vaswani et al. (2017), eq. 1.

    Unscaled, the variance of the dot product of two vectors of independent unit-variance entries
    is d_k, and the softmax saturates as d_k grows.
    """
    return query @ key.mT / math.sqrt(query.shape[-1])


def softmax_attention(
    query: Float[Tensor, "*lead query_time head_dim"],
    key: Float[Tensor, "*lead key_time head_dim"],
    value: Float[Tensor, "*lead key_time value_dim"],
    attend_mask: Bool[Tensor, "*#lead #query_time key_time"],
) -> tuple[Float[Tensor, "*lead query_time value_dim"], Float[Tensor, "*lead query_time key_time"]]:
    """Return the context softmax(Q Kᵀ / √d_k) V, and the weights."""
    return attend(scaled_dot_scores(query, key), value, attend_mask)


def fused_softmax_attention(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch head key_time head_dim"],
    value: Float[Tensor, "batch head key_time head_dim"],
    attend_mask: Bool[Tensor, "#batch 1 #query_time key_time"] | None,
    is_causal: bool = False,
) -> Float[Tensor, "batch head query_time head_dim"]:
    """Return the context of `softmax_attention` without ever holding the weights.

    Dao et al. (2022), as torch's `scaled_dot_product_attention`: O(query_time + key_time) memory.
    """
    return functional.scaled_dot_product_attention(
        query, key, value, attn_mask=attend_mask, is_causal=is_causal
    )


class SoftmaxAttention(Mechanism):
    """Context softmax(Q Kᵀ / √d_k) V with Q = X_q W_Q, K = X_k W_K, V = X_k W_V; one head."""

    def __init__(self, query_dim: int, key_dim: int, model_dim: int) -> None:
        super().__init__()
        self.to_query = nn.Linear(query_dim, model_dim, bias=False)
        self.to_key = nn.Linear(key_dim, model_dim, bias=False)
        self.to_value = nn.Linear(key_dim, model_dim, bias=False)
        self.context_dim = model_dim

    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time model_dim"], Weights]:
        """Return the context of each query, and the weights (one head)."""
        context, weights = softmax_attention(
            self.to_query(query), self.to_key(key_value), self.to_value(key_value), attend_mask
        )
        return context, weights[:, None]

    def context(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return the context of each query by the fused kernel."""
        return fused_softmax_attention(
            self.to_query(query)[:, None],
            self.to_key(key_value)[:, None],
            self.to_value(key_value)[:, None],
            attend_mask[:, None],
        )[:, 0]

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        projected = query_time * self.to_query.in_features + 2 * key_time * self.to_key.in_features
        return 2.0 * batch * self.context_dim * (projected + 2 * query_time * key_time)
