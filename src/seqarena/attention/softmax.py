"""Scaled dot-product attention: softmax(Q Kᵀ / √d_k) V."""

import math
from collections.abc import Callable

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.attend import Weights, masked_softmax
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.rows import made_by_rows
from seqarena.attention.whole_lanes import in_whole_lanes

Seen = tuple[
    Bool[Tensor, "#batch #head #query_time key_time"],
    Float[Tensor, "head query_time key_time"] | None,
]
"""Which keys some queries may attend, and what is added to their scores."""


def scaled_dot_scores(
    query: Float[Tensor, "*lead query_time head_dim"],
    key: Float[Tensor, "*lead key_time head_dim"],
) -> Float[Tensor, "*lead query_time key_time"]:
    """Return e_ij = q_i · k_j / √d_k: Vaswani et al. (2017), eq. 1.

    Unscaled, the variance of the dot product of two vectors of independent unit-variance entries
    is d_k, and the softmax saturates as d_k grows.
    """
    return (query / math.sqrt(query.shape[-1])) @ key.mT


def softmax_weights(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch head key_time head_dim"],
    seen_by: Callable[[range], Seen],
) -> Weights:
    """Return softmax_j(q_i · k_j / √d_k + bias_ij) over the keys that query i may attend.

    `seen_by` says what a range of queries sees; keys at the end that none of them may attend can
    be left out of it.
    """

    def make(rows: range) -> Tensor:
        attend_mask, bias = seen_by(rows)
        part, seen = query[:, :, rows.start : rows.stop], key[:, :, : attend_mask.shape[-1]]
        scores = scaled_dot_scores(part, seen)
        return masked_softmax(scores if bias is None else scores + bias, attend_mask)

    return made_by_rows(make, torch.Size((*query.shape[:3], key.shape[2])), query)


def softmax_attention(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch head key_time head_dim"],
    value: Float[Tensor, "batch head key_time value_dim"],
    attend_mask: Bool[Tensor, "#batch #head #query_time key_time"],
) -> tuple[Float[Tensor, "batch head query_time value_dim"], Weights]:
    """Return the context softmax(Q Kᵀ / √d_k) V, and the weights."""
    weights = softmax_attention_weights(query, key, attend_mask)
    return weights @ value, weights


def softmax_attention_weights(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch head key_time head_dim"],
    attend_mask: Bool[Tensor, "#batch #head #query_time key_time"],
) -> Weights:
    """Return softmax(Q Kᵀ / √d_k) over the keys that may be attended."""

    def seen_by(rows: range) -> Seen:
        is_shared = attend_mask.shape[2] == 1
        return attend_mask if is_shared else attend_mask[:, :, rows.start : rows.stop], None

    return softmax_weights(query, key, seen_by)


def fused_softmax_attention(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch key_head key_time head_dim"],
    value: Float[Tensor, "batch key_head key_time value_dim"],
    attend_mask: Tensor | None = None,
    is_causal: bool = False,
    scale: float | None = None,
) -> Float[Tensor, "batch head query_time value_dim"]:
    """Return the context of `softmax_attention` without ever holding the weights.

    Dao et al. (2022), as torch's `scaled_dot_product_attention`: O(query_time + key_time) memory.

    Args:
        query: what looks.
        key: what is looked at; each of its heads serves as many heads of the query as there are
            for it, in order.
        value: what is averaged.
        attend_mask: True where a key may be attended, or numbers that are added to the scores and
            are minus infinity where it may not; (#batch, #head, #query_time, key_time).
        is_causal: whether query i sees the keys j <= i; no mask then.
        scale: factor of the scores; None: 1/√d_k.
    """
    n_shared = query.shape[1] // key.shape[1]
    if n_shared > 1 and attend_mask is not None:
        # Not every fused kernel takes both a mask and shared heads.
        key, value = shared_heads(key, n_shared), shared_heads(value, n_shared)
        n_shared = 1
    key, value, attend_mask = in_whole_lanes(query, key, value, attend_mask, is_causal)
    return functional.scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=attend_mask,
        is_causal=is_causal,
        scale=scale,
        enable_gqa=n_shared > 1,
    )


def shared_heads(
    heads: Float[Tensor, "batch head time head_dim"], n_shared: int
) -> Float[Tensor, "batch all_heads time head_dim"]:
    """Return each head `n_shared` times in a row."""
    return heads.repeat_interleave(n_shared, dim=1) if n_shared > 1 else heads


class SoftmaxAttention(Mechanism):
    """Context softmax(Q Kᵀ / √d_k) V with Q = X_q W_Q, K = X_k W_K, V = X_k W_V; one head."""

    def __init__(self, query_dim: int, key_dim: int, model_dim: int) -> None:
        super().__init__()
        self.to_query = nn.Linear(query_dim, model_dim, bias=False)
        self.to_key = nn.Linear(key_dim, model_dim, bias=False)
        self.to_value = nn.Linear(key_dim, model_dim, bias=False)
        self.context_dim = model_dim

    def prepared(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> tuple[Tensor, Tensor]:
        """Return keys and values, projected."""
        return self.to_key(key_value)[:, None], self.to_value(key_value)[:, None]

    def look(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return `context` over keys that are prepared already."""
        self.refuse_intervention()
        queries = self.to_query(query)[:, None]
        return fused_softmax_attention(queries, *prepared, attend_mask[:, None])[:, 0]

    def look_with_weights(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time model_dim"], Weights]:
        """Return what `forward` does over keys that are prepared already."""
        (key, value), seen = prepared, attend_mask[:, None]
        weights = softmax_attention_weights(self.to_query(query)[:, None], key, seen)
        context, weights = self.averaged(weights, value, seen)
        return context[:, 0], weights

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        projected = query_time * self.to_query.in_features + 2 * key_time * self.to_key.in_features
        return 2.0 * batch * self.context_dim * (projected + 2 * query_time * key_time)
