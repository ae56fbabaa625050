"""Recurrent encoder-decoder, with an attention mechanism between the two, or with none."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.coverage import CoverageAttention
from seqarena.attention.maps import NativeMap, weights_map
from seqarena.attention.mechanism import Mechanism
from seqarena.batch import Batch
from seqarena.networks.copying import CopyGate
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import State
from seqarena.networks.generation import kept_examples
from seqarena.networks.inputs import Inputs
from seqarena.networks.recurrent import Recurrent, last_real
from seqarena.networks.transducer import EncoderDecoder, read_before, target_of, target_tokens


class Source(NamedTuple):
    """The encoded input."""

    states: Float[Tensor, "batch time model_dim"]
    mask: Bool[Tensor, "batch time"]


class Memory(NamedTuple):
    """What generation keeps: nothing of the past is computed twice."""

    state: State
    """The decoder's, of each row."""
    looked_at: Any
    """What the mechanism has made of each example's input, which all rows of a beam share."""
    source_mask: Bool[Tensor, "batch time"]
    pointed: Int[Tensor, "batch time"] | None
    """Target symbol of each step of the input, if symbols can be copied; -1: none."""
    covered: Float[Tensor, "row time"] | None
    """How much each row has looked at each step of its input, if the mechanism wants to know."""


class RecurrentTransducer(EncoderDecoder):
    """Decoder s_i from y_{i-1}; context c_i by attention of s_i; logits from tanh(W [c_i; s_i]).

    Luong, Pham & Manning (2015), eqs. 5-6: attention stands after the recurrence, so that under
    teacher forcing the decoder runs as one fused kernel and all its states attend at once. The
    decoder starts from the encoder's last real state through tanh(W h_T), as in Bahdanau, Cho &
    Bengio (2015), appendix A.2.2. Without a mechanism that state is all that it knows of the input
    (Sutskever, Vinyals & Le 2014).
    """

    def __init__(
        self,
        inputs: Inputs,
        encoder: Encoder,
        decoder: Recurrent,
        mechanism: Mechanism | None,
        n_symbols: int,
        end_symbol: int,
        target_of_symbol: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__()
        model_dim = decoder.out_dim
        self.inputs, self.encoder, self.decoder = inputs, encoder, decoder
        self.mechanism = mechanism
        self.end_symbol = end_symbol
        self.start_symbol = n_symbols
        self.embedding = nn.Embedding(n_symbols + 1, model_dim)
        self.bridge = nn.Linear(encoder.out_dim, decoder.n_states * model_dim)
        context_dim = 0 if mechanism is None else mechanism.context_dim
        self.combine = nn.Linear(context_dim + model_dim, model_dim) if mechanism else None
        self.output = nn.Linear(model_dim, n_symbols)
        # What See et al. (2017) show to the gate: context, state, and the symbol just read.
        seen_dim = context_dim + 2 * model_dim
        self.copy_gate = CopyGate(seen_dim, target_of_symbol) if target_of_symbol else None

    def logits_from(
        self, encoded: Float[Tensor, "batch time dim"], batch: Batch
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the input and the true steps before it."""
        start, source = self._read(encoded, batch)
        if self.mechanism is None or self.copy_gate is None:
            return self._logits(self._decode(batch, start), source)
        read = self.embedding(read_before(target_tokens(batch), self.start_symbol))
        states = self.decoder.run(read, start)[0]
        context, weights = self.mechanism(states, source.states, self._attend_mask(source))
        seen, pointed = (context, states, read), self.copy_gate.targets(batch)
        return self._copying(self.copy_gate, seen, weights.mean(dim=1), pointed)

    def begin_from(self, encoded: Float[Tensor, "batch time dim"], batch: Batch) -> Memory:
        """Return the decoder's first state, and the input as the mechanism looks at it."""
        state, source = self._read(encoded, batch)
        looked_at = self.mechanism.prepared(source.states) if self.mechanism else ()
        has_coverage = isinstance(self.mechanism, CoverageAttention)
        covered = torch.zeros_like(source.states[..., 0]) if has_coverage else None
        pointed = self.copy_gate.targets(batch) if self.copy_gate else None
        return Memory(state, looked_at, source.mask, pointed, covered)

    def advance(
        self, previous: Int[Tensor, "row"], memory: Memory
    ) -> tuple[Float[Tensor, "row symbols"], Memory]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""
        read = self.embedding(previous[:, None])
        states, state = self.decoder.run(read, memory.state)
        # Side by side, the rows of an example look at its input as queries of one attention.
        beside = states.view(len(memory.source_mask), -1, states.shape[2])
        context, weights, covered = self._looked(beside, memory)
        after = memory._replace(state=state, covered=covered)
        if self.copy_gate is None or memory.pointed is None or weights is None:
            logits = self.output(self._combined(context.flatten(0, 1)[:, None], states))
            return logits[:, 0], after
        seen = (context, beside, read.view_as(beside))
        logits = self._copying(self.copy_gate, seen, weights, memory.pointed)
        return logits.flatten(0, 1), after

    def select(self, memory: Memory, rows: Int[Tensor, "kept width"]) -> Memory:
        """Return the memory of some rows, those of one example side by side."""
        state, looked_at, mask, pointed, covered = memory
        kept = kept_examples(rows, state[0].shape[1], len(mask))
        if kept is not None:
            looked_at, mask = tuple(part[kept] for part in looked_at), mask[kept]
            pointed = None if pointed is None else pointed[kept]
        chosen = tuple(part.index_select(1, rows.flatten()) for part in state)
        covered = None if covered is None else covered[rows.flatten()]
        return Memory(chosen, looked_at, mask, pointed, covered)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights of each target step over the input, while the true target is read."""
        if self.mechanism is None:
            return []
        start, source = self._encode(batch)
        _, weights = self.mechanism(
            self._decode(batch, start), source.states, self._attend_mask(source)
        )
        return [weights_map("decoder.cross", weights, target_of(batch).mask, batch.mask)]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_logits`, padding included."""
        (size, time), target_time = batch.mask.shape, target_of(batch).mask.shape[1]
        attended = self.mechanism.flops(size, target_time, time) if self.mechanism else 0.0
        attended += self.copy_gate.flops(size, target_time, time) if self.copy_gate else 0.0
        combined = self.combine.weight.numel() if self.combine else 0
        written = 2.0 * size * target_time * (combined + self.output.weight.numel())
        read = self.inputs.flops(size, time) + self.encoder.flops(size, time)
        bridged = 2.0 * size * self.bridge.weight.numel()
        return read + bridged + self.decoder.flops(size, target_time) + attended + written

    def _encode(self, batch: Batch) -> tuple[State, Source]:
        return self._read(self.encode(batch), batch)

    def _read(self, states: Float[Tensor, "batch time dim"], batch: Batch) -> tuple[State, Source]:
        """Return the state from which the decoder starts, and what it can look at."""
        final = last_real(states, batch.mask, self.encoder.backward_dim)
        joined = self.bridge(final).tanh()
        parts = joined.view(len(batch), self.decoder.n_states, -1).transpose(0, 1).contiguous()
        return parts.split(self.decoder.n_layers), Source(states, batch.mask)

    def _decode(self, batch: Batch, start: State) -> Float[Tensor, "batch target_time model_dim"]:
        read = self.embedding(read_before(target_tokens(batch), self.start_symbol))
        return self.decoder.run(read, start)[0]

    def _logits(
        self, states: Float[Tensor, "batch target_time model_dim"], source: Source
    ) -> Float[Tensor, "batch target_time symbols"]:
        if self.mechanism is not None:
            context = self.mechanism.context(states, source.states, self._attend_mask(source))
            states = self._combined(context, states)
        logits: Tensor = self.output(states)
        return logits

    def _looked(
        self, beside: Float[Tensor, "batch width model_dim"], memory: Memory
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Return the context of each row, its weights if they are needed, and what it covered."""
        mask = memory.source_mask[:, None]
        if self.mechanism is None:
            return beside[..., :0], None, None
        if isinstance(self.mechanism, CoverageAttention) and memory.covered is not None:
            before = memory.covered.view(*beside.shape[:2], -1)
            context, weights = self.mechanism.look_again(beside, memory.looked_at, mask, before)
            return context, weights, (before + weights).flatten(0, 1)
        if self.copy_gate is None:
            return self.mechanism.look(beside, memory.looked_at, mask), None, None
        context, heads = self.mechanism.look_with_weights(beside, memory.looked_at, mask)
        return context, heads.mean(dim=1), None

    def _copying(
        self,
        gate: CopyGate,
        seen: tuple[Tensor, Tensor, Tensor],
        weights: Float[Tensor, "batch target_time time"],
        pointed: Int[Tensor, "batch time"],
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of each symbol, written or copied; `seen` is context, state and symbol."""
        logits = self.output(self._combined(*seen[:2]))
        return gate.log_prob(logits, torch.cat(seen, dim=-1), weights, pointed)

    def _combined(self, context: Tensor, states: Tensor) -> Tensor:
        """Return tanh(W [c_i; s_i]); without a mechanism the states are what they are."""
        if self.combine is None:
            return states
        combined: Tensor = self.combine(torch.cat([context, states], dim=-1)).tanh()
        return combined

    @staticmethod
    def _attend_mask(source: Source) -> Bool[Tensor, "batch 1 time"]:
        return source.mask[:, None]
