"""Self-attention by softmax: all steps, or those in a window."""

from collections.abc import Sequence

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Heads, KeyHeads, Weights
from seqarena.attention.local_attention import block_of, local_attention
from seqarena.attention.multi_head import MultiHeadAttention
from seqarena.attention.past import StepCache
from seqarena.attention.precision import in_full_precision
from seqarena.attention.reach import Reach, distances
from seqarena.attention.relative import NoRelativePositions, RelativePositions
from seqarena.attention.self_attention import SelfAttention
from seqarena.attention.softmax import (
    Seen,
    fused_softmax_attention,
    shared_heads,
    softmax_weights,
)

LEAST_BLOCKS = 4
"""Blocks from which on a window is cheaper block by block than as a mask over all pairs."""


class SoftmaxSelfAttention(SelfAttention[StepCache]):
    """Multi-head softmax attention over the steps within reach, with positions inside the heads."""

    def __init__(
        self,
        heads: MultiHeadAttention,
        reach: Reach,
        relative: RelativePositions | None = None,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.reach = reach
        self.relative = relative or NoRelativePositions()
        self.context_dim = heads.context_dim

    @in_full_precision
    def forward(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context of each step, and the weights of each head that made it."""
        query, key, value = self._projected(steps)
        made = self._weights(query, key, mask, range(self.heads.n_heads))
        values = shared_heads(value, self.heads.n_shared)
        heads, weights = self.averaged(made, values, self._seen_by(range(mask.shape[1]), mask)[0])
        return self.heads.joined(heads), weights

    def context(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the context of each step by the fused kernel."""
        if self.is_intervened:
            explicit: tuple[Tensor, Weights] = self(steps, mask)
            return explicit[0]
        return self.heads.joined(self._fused(*self._projected(steps), mask))

    def observe(
        self,
        steps: Float[Tensor, "batch time model_dim"],
        mask: Bool[Tensor, "batch time"],
        heads: Sequence[int] | None = None,
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context by the fused kernel, and the weights of some heads (None: all)."""
        if self.is_intervened:
            context, weights = self(steps, mask)
            return context, weights if heads is None else weights[:, list(heads)]
        query, key, value = self._projected(steps)
        with torch.no_grad():
            chosen = range(self.heads.n_heads) if heads is None else heads
            weights = self._weights(query, key, mask, chosen)
        return self.heads.joined(self._fused(query, key, value, mask)), weights

    def advance(
        self, step: Float[Tensor, "batch 1 model_dim"], past: StepCache | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], StepCache]:
        """Return the context of the newest step over all that came, and what the next one needs."""
        self.refuse_intervention()
        query, key, value = self._projected(step, 0 if past is None else past.n_steps)
        window = self.reach.window
        grown = (
            StepCache.of(key, value) if past is None else past.extended(key, value, n_needed=window)
        )
        n_seen = grown.n_kept if window is None else min(grown.n_kept, window + 1)
        bias = self.relative.bias(distances(range(n_seen - 1, n_seen), n_seen, step.device))
        key, value = (part[:, :, -n_seen:] for part in grown.parts)
        heads = fused_softmax_attention(
            query, key, value, None if bias is None else bias[None].to(query.dtype)
        )
        return self.heads.joined(heads), grown

    def transformed(
        self, value: Float[Tensor, "batch head key_time head_dim"]
    ) -> Float[Tensor, "batch head key_time model_dim"]:
        """Return the values of each head through its part of W_O."""
        return self.heads.transformed(value)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `context`, the upper triangle included."""
        if not self._is_local(time):
            return self.heads.flops(batch, time, time)
        size = block_of(self.reach.window or 1)
        n_padded = size * -(-time // size)
        pairs = n_padded * size * (2 if self.reach.is_causal else 3)
        projected = self.heads.projection_flops(batch, time, time)
        return projected + 4.0 * batch * self.context_dim * pairs

    def _projected(
        self, steps: Float[Tensor, "batch time model_dim"], start: int = 0
    ) -> tuple[Heads, KeyHeads, KeyHeads]:
        """Return queries, keys and values of steps whose first stands at a place."""
        query, (key, value) = self.heads.queries(steps), self.heads.keys_and_values(steps)
        return self.relative.turned(query, start), self.relative.turned(key, start), value

    def _fused(
        self, query: Heads, key: KeyHeads, value: KeyHeads, mask: Bool[Tensor, "batch time"]
    ) -> Heads:
        time = query.shape[2]
        if self._is_local(time):
            real = torch.ones_like(mask) if self.reach.is_causal else mask
            return local_attention(query, key, value, real, self.reach, self.relative)
        if self.reach == Reach(is_causal=True) and not self.relative.has_bias:
            return fused_softmax_attention(query, key, value, is_causal=True)
        seen, bias = self._seen_by(range(time), mask)
        biased = seen if bias is None else bias.masked_fill(~seen, -torch.inf).to(query.dtype)
        return fused_softmax_attention(query, key, value, biased)

    @in_full_precision
    def _weights(
        self, query: Heads, key: KeyHeads, mask: Bool[Tensor, "batch time"], chosen: Sequence[int]
    ) -> Float[Tensor, "batch chosen_head query_time key_time"]:
        """Return the weights of the chosen heads."""

        def seen_by(rows: range) -> Seen:
            seen, bias = self._seen_by(rows, mask)
            return seen, None if bias is None else bias[list(chosen)]

        owners = [head // self.heads.n_shared for head in chosen]
        return softmax_weights(query[:, list(chosen)], key[:, owners], seen_by)

    def _seen_by(self, rows: range, mask: Bool[Tensor, "batch time"]) -> Seen:
        """Return what some steps see, and what is added to their scores."""
        if self.reach == Reach(is_causal=False) and not self.relative.has_bias:
            return mask[:, None, None], None
        n_keys = rows.stop if self.reach.is_causal else mask.shape[1]
        distance = distances(rows, n_keys, mask.device)
        seen, bias = self.reach.allows(distance)[None, None], self.relative.bias(distance)
        return seen if self.reach.is_causal else seen & mask[:, None, None], bias

    def _is_local(self, time: int) -> bool:
        window = self.reach.window
        return window is not None and time > LEAST_BLOCKS * block_of(window)
