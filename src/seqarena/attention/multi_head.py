"""Multi-head attention: several softmax attentions side by side, in smaller spaces."""

from typing import NamedTuple

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.mechanism import Mechanism
from seqarena.attention.softmax import fused_softmax_attention, softmax_attention

Heads = Float[Tensor, "batch head time head_dim"]


class KeysAndValues(NamedTuple):
    """What queries look at, projected and split into heads. Generation keeps it."""

    key: Heads
    value: Heads


class MultiHeadAttention(Mechanism):
    """Context concat(head_1, ..., head_h) W_O, head_i attending X_q W_Q^i, X_k W_K^i, X_k W_V^i.

    Vaswani et al. (2017), section 3.2.2: reshaping around `softmax_attention`, no more.
    """

    def __init__(self, query_dim: int, key_dim: int, model_dim: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.to_query = nn.Linear(query_dim, model_dim, bias=False)
        self.to_key = nn.Linear(key_dim, model_dim, bias=False)
        self.to_value = nn.Linear(key_dim, model_dim, bias=False)
        self.to_context = nn.Linear(model_dim, model_dim, bias=False)
        self.context_dim = model_dim

    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time model_dim"], Weights]:
        """Return the context of each query, and the weights of each head."""
        key, value = self.keys_and_values(key_value)
        heads, weights = softmax_attention(
            self._split(self.to_query(query)), key, value, attend_mask[:, None]
        )
        return self._join(heads), weights

    def context(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return the context of each query by the fused kernel."""
        return self.context_of(query, *self.keys_and_values(key_value), attend_mask)

    def keys_and_values(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> KeysAndValues:
        """Return what queries look at."""
        key, value = self.to_key(key_value), self.to_value(key_value)
        return KeysAndValues(self._split(key), self._split(value))

    def context_of(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch head key_time head_dim"],
        value: Float[Tensor, "batch head key_time head_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"] | None = None,
        is_causal: bool = False,
    ) -> Float[Tensor, "batch query_time model_dim"]:
        """Return the context over keys and values that are projected already."""
        mask = None if attend_mask is None else attend_mask[:, None]
        heads = self._split(self.to_query(query))
        return self._join(fused_softmax_attention(heads, key, value, mask, is_causal))

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        query_dims = self.to_query.in_features + self.context_dim
        projected = query_time * query_dims + 2 * key_time * self.to_key.in_features
        return 2.0 * batch * self.context_dim * (projected + 2 * query_time * key_time)

    def _split(self, joined: Float[Tensor, "batch time model_dim"]) -> Heads:
        batch, time, _ = joined.shape
        return joined.view(batch, time, self.n_heads, -1).transpose(1, 2)

    def _join(self, heads: Heads) -> Float[Tensor, "batch time model_dim"]:
        context: Tensor = self.to_context(heads.transpose(1, 2).flatten(2))
        return context
