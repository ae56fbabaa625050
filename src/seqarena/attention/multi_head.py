"""Multi-head attention: several softmax attentions side by side, in smaller spaces."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Heads, KeyHeads, Weights
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.softmax import (
    fused_softmax_attention,
    shared_heads,
    softmax_attention_weights,
)


class KeysAndValues(NamedTuple):
    """What queries look at, projected and split into heads."""

    key: KeyHeads
    value: KeyHeads


class MultiHeadAttention(Mechanism):
    """Context concat(head_1, ..., head_h) W_O, head_i attending X_q W_Q^i, X_k W_K^i, X_k W_V^i.

    Vaswani et al. (2017), section 3.2.2: reshaping around `softmax_attention`, no more. With fewer
    heads of keys and values than of queries, neighbouring heads of queries share one: Ainslie et
    al. (2023), section 2.2; a single one is the multi-query attention of Shazeer (2019).
    """

    def __init__(
        self,
        query_dim: int,
        key_dim: int,
        model_dim: int,
        n_heads: int,
        n_key_value_heads: int | None = None,
    ) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.n_shared = n_heads // (n_key_value_heads or n_heads)
        self.head_dim = model_dim // n_heads
        key_value_dim = model_dim // self.n_shared
        self.to_query = nn.Linear(query_dim, model_dim, bias=False)
        self.to_key = nn.Linear(key_dim, key_value_dim, bias=False)
        self.to_value = nn.Linear(key_dim, key_value_dim, bias=False)
        self.to_context = nn.Linear(model_dim, model_dim, bias=False)
        self.context_dim = model_dim

    def prepared(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> KeysAndValues:
        """Return keys and values, projected and split into heads."""
        return self.keys_and_values(key_value)

    def look(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return `context` over keys that are prepared already."""
        return self.context_of(query, *prepared, attend_mask)

    def look_with_weights(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: tuple[Tensor, Tensor],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time model_dim"], Weights]:
        """Return what `forward` does over keys that are prepared already."""
        key, value = (shared_heads(each, self.n_shared) for each in prepared)
        seen = attend_mask[:, None]
        made = softmax_attention_weights(self.queries(query), key, seen)
        heads, weights = self.averaged(made, value, seen)
        return self.joined(heads), weights

    def queries(self, query: Float[Tensor, "batch time query_dim"]) -> Heads:
        """Return what looks, projected and split into heads."""
        return self._split(self.to_query(query))

    def keys_and_values(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> KeysAndValues:
        """Return what queries look at."""
        key, value = self.to_key(key_value), self.to_value(key_value)
        return KeysAndValues(self._split(key), self._split(value))

    def context_of(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch key_head key_time head_dim"],
        value: Float[Tensor, "batch key_head key_time head_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"] | None = None,
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return the context over keys and values that are projected already."""
        self.refuse_intervention()
        mask = None if attend_mask is None else attend_mask[:, None]
        return self.joined(fused_softmax_attention(self.queries(query), key, value, mask))

    def joined(self, heads: Heads) -> Float[Tensor, "batch time model_dim"]:
        """Return the contexts of all heads as one, through W_O."""
        context: Tensor = self.to_context(heads.transpose(1, 2).flatten(2))
        return context

    def transformed(
        self, value: Float[Tensor, "batch head key_time head_dim"]
    ) -> Float[Tensor, "batch head key_time model_dim"]:
        """Return the values of each head through its part of W_O: their sum is the context."""
        parts = self.to_context.weight.view(self.context_dim, self.n_heads, self.head_dim)
        return torch.einsum("bhkd,mhd->bhkm", value, parts)

    def projection_flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of all four projections."""
        query_dims = self.to_query.in_features + self.context_dim
        of_keys = 2 * key_time * self.to_key.weight.numel()
        return 2.0 * batch * (query_time * query_dims * self.context_dim + of_keys)

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        pairs = 4.0 * batch * self.context_dim * query_time * key_time
        return self.projection_flops(batch, query_time, key_time) + pairs

    def _split(self, joined: Float[Tensor, "batch time key_dim"]) -> Heads:
        batch, time, _ = joined.shape
        return joined.view(batch, time, -1, self.head_dim).transpose(1, 2)
