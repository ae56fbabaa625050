"""Self-attention by positive features in place of the softmax: linear in the length."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Heads, Weights, masked_shares
from seqarena.attention.linear_attention import (
    CHUNK,
    advanced_products,
    causal_linear_attention,
    feature_map,
    linear_attention,
    normalised,
)
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.past import LinearState
from seqarena.attention.precision import in_full_precision, widened
from seqarena.attention.reach import Reach, distances
from seqarena.attention.rows import made_by_rows
from seqarena.attention.self_attention import SelfAttention
from seqarena.attention.softmax import shared_heads


class LinearSelfAttention(SelfAttention[LinearState]):
    """Weights φ(q_i)·φ(k_j) / Σ_j φ(q_i)·φ(k_j): Katharopoulos et al. (2020), eq. 4.

    Causal, it is a recurrent network whose state is a matrix for each head: `advance` is that
    network, and `context` the same numbers in parallel.
    """

    def __init__(self, heads: MultiHeadAttention, is_causal: bool) -> None:
        super().__init__()
        self.heads = heads
        self.is_causal = is_causal
        self.context_dim = heads.context_dim

    @in_full_precision
    def forward(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context of each step, and the weights of each head that made it."""
        query, key, value = self._features(steps)
        time = mask.shape[1]
        seen = mask[:, None, None]
        if self.is_causal:
            distance = distances(range(time), time, mask.device)
            seen = Reach(is_causal=True).allows(distance)[None, None]
        heads, weights = self.averaged(self._weights(query, key, mask), value, seen)
        return self.heads.joined(heads), weights

    def context(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the context of each step without any pair of steps that lie far apart."""
        if self.is_intervened:
            explicit: tuple[Tensor, Weights] = self(steps, mask)
            return explicit[0]
        return self.heads.joined(self._in_parallel(*self._features(steps), mask))

    def observe(
        self,
        steps: Float[Tensor, "batch time model_dim"],
        mask: Bool[Tensor, "batch time"],
        heads: Sequence[int] | None = None,
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context in linear time, and the weights of some heads (None: all)."""
        if self.is_intervened:
            context, weights = self(steps, mask)
            return context, weights if heads is None else weights[:, list(heads)]
        query, key, value = self._features(steps)
        with torch.no_grad():
            chosen = list(range(self.heads.n_heads) if heads is None else heads)
            weights = self._weights(query[:, chosen], key[:, chosen], mask)
        return self.heads.joined(self._in_parallel(query, key, value, mask)), weights

    def advance(
        self, step: Float[Tensor, "batch 1 model_dim"], past: LinearState | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], LinearState]:
        """Return the context of the newest step over all that came, and what the next one needs."""
        self.refuse_intervention()
        query, key, value = self._features(step)
        with torch.autocast(step.device.type, enabled=False):
            products = advanced_products(past.products if past else None, key, value)
            heads = normalised(query @ products)
        return self.heads.joined(heads), LinearState(1 + (past.n_steps if past else 0), products)

    def transformed(
        self, value: Float[Tensor, "batch head key_time head_dim"]
    ) -> Float[Tensor, "batch head key_time model_dim"]:
        """Return the values of each head through its part of W_O."""
        return self.heads.transformed(value)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `context`."""
        projected = self.heads.projection_flops(batch, time, time)
        head_dim = self.heads.head_dim
        per_step = 2.0 * head_dim * (head_dim + 1)
        if self.is_causal:
            time = CHUNK * -(-time // CHUNK)
            per_step += CHUNK * (2.0 * head_dim + 1)
        return projected + 2.0 * batch * self.heads.n_heads * time * per_step

    def _features(self, steps: Float[Tensor, "batch time model_dim"]) -> tuple[Heads, Heads, Heads]:
        """Return φ(Q), φ(K) and V in at least float32: their sums run over the whole sequence."""
        query, (key, value) = self.heads.queries(steps), self.heads.keys_and_values(steps)
        key, value = (shared_heads(widened(each), self.heads.n_shared) for each in (key, value))
        return feature_map(widened(query)), feature_map(key), value

    def _in_parallel(
        self, query: Heads, key: Heads, value: Heads, mask: Bool[Tensor, "batch time"]
    ) -> Heads:
        with torch.autocast(query.device.type, enabled=False):
            if self.is_causal:
                return causal_linear_attention(query, key, value)
            return linear_attention(query, key, value, mask)

    def _weights(self, query: Heads, key: Heads, mask: Bool[Tensor, "batch time"]) -> Weights:
        time = mask.shape[1]

        def make(rows: range) -> Tensor:
            part = query[:, :, rows.start : rows.stop]
            if not self.is_causal:
                return masked_shares(part @ key.mT, mask[:, None, None])
            distance = distances(rows, rows.stop, mask.device)
            seen = Reach(is_causal=True).allows(distance)[None, None]
            return masked_shares(part @ key[:, :, : rows.stop].mT, seen)

        with torch.autocast(query.device.type, enabled=False):
            return made_by_rows(make, torch.Size((*query.shape[:3], time)), query)
