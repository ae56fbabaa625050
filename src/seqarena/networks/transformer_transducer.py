"""The Transformer as an encoder-decoder."""

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.maps import NativeMap, weights_map
from seqarena.attention.multi_head import KeysAndValues, MultiHeadAttention
from seqarena.attention.past import Past
from seqarena.attention.positions import Positions
from seqarena.batch import Batch
from seqarena.networks.copying import CopyGate
from seqarena.networks.encoder_maps import encoded_with_maps
from seqarena.networks.generation import kept_examples
from seqarena.networks.inputs import Inputs, scaled_embedding
from seqarena.networks.transducer import EncoderDecoder, read_before, target_of, target_tokens
from seqarena.networks.transformer import EMBEDDING_SCALE, Block, TransformerEncoder


class DecoderBlock(nn.Module):
    """A causal block with a look at the input between its two halves: Vaswani et al., fig. 1."""

    def __init__(self, block: Block, cross: MultiHeadAttention) -> None:
        super().__init__()
        self.block = block
        self.cross_norm = nn.LayerNorm(cross.context_dim)
        self.cross = cross

    def forward(
        self,
        steps: Float[Tensor, "batch target_time model_dim"],
        mask: Bool[Tensor, "batch target_time"],
        source: Float[Tensor, "batch time model_dim"],
        source_mask: Bool[Tensor, "batch time"],
    ) -> Float[Tensor, "batch target_time model_dim"]:
        """Return the transformed target steps."""
        steps = self.block.attend(steps, mask)
        context = self.cross.context(self.cross_norm(steps), source, source_mask[:, None])
        return self.block.after_attention(steps + self.block.dropout(context))

    def with_weights(
        self,
        steps: Float[Tensor, "batch target_time model_dim"],
        mask: Bool[Tensor, "batch target_time"],
        source: Float[Tensor, "batch time model_dim"],
        source_mask: Bool[Tensor, "batch time"],
    ) -> tuple[Float[Tensor, "batch target_time model_dim"], Weights]:
        """Return the transformed target steps, and the weights of their look at the input."""
        steps = self.block.attend(steps, mask)
        context, weights = self.cross(self.cross_norm(steps), source, source_mask[:, None])
        return self.block.after_attention(steps + self.block.dropout(context)), weights

    def advance(
        self,
        step: Float[Tensor, "row 1 model_dim"],
        past: Past | None,
        source: KeysAndValues,
        source_mask: Bool[Tensor, "batch time"],
    ) -> tuple[Float[Tensor, "row 1 model_dim"], Past]:
        """Return the newest target step transformed, and what the next one needs."""
        step, grown = self.block.attend_newest(step, past)
        # Side by side, the rows of an example look at its input as queries of one attention.
        beside = self.cross_norm(step).view(len(source_mask), -1, step.shape[2])
        context = self.cross.context_of(beside, *source, source_mask[:, None])
        return self.block.after_attention(step + context.view_as(step)), grown

    def advance_with_weights(
        self,
        step: Float[Tensor, "row 1 model_dim"],
        past: Past | None,
        source: KeysAndValues,
        source_mask: Bool[Tensor, "batch time"],
    ) -> tuple[Float[Tensor, "row 1 model_dim"], Past, Weights]:
        """Return what `advance` does, and the weights of the rows of each example."""
        step, grown = self.block.attend_newest(step, past)
        beside = self.cross_norm(step).view(len(source_mask), -1, step.shape[2])
        context, weights = self.cross.look_with_weights(beside, source, source_mask[:, None])
        return self.block.after_attention(step + context.view_as(step)), grown, weights

    def flops(self, batch: int, target_time: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return self.block.flops(batch, target_time) + self.cross.flops(batch, target_time, time)


class Memory(NamedTuple):
    """What generation keeps: nothing of the past is computed twice."""

    place: int
    n_rows: int
    seen: list[Past | None]
    """What was written, for each layer and each row."""
    sources: list[KeysAndValues]
    """The encoded input, for each layer and each example, which all rows of a beam share."""
    source_mask: Bool[Tensor, "batch time"]
    pointed: Int[Tensor, "batch time"] | None
    """Target symbol of each step of the input, if symbols can be copied; -1: none."""


class TransformerTransducer(EncoderDecoder):
    """Encoder over the input; causal decoder over the target, looking at the encoded input."""

    encoder: TransformerEncoder

    def __init__(
        self,
        inputs: Inputs,
        encoder: TransformerEncoder,
        positions: Positions,
        blocks: list[DecoderBlock],
        n_symbols: int,
        end_symbol: int,
        target_of_symbol: tuple[int, ...] | None = None,
    ) -> None:
        super().__init__()
        model_dim = encoder.out_dim
        self.inputs, self.encoder = inputs, encoder
        self.start_symbol, self.end_symbol = n_symbols, end_symbol
        self.embedding = scaled_embedding(n_symbols + 1, model_dim, EMBEDDING_SCALE)
        self.positions = positions
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(model_dim)
        self.output = nn.Linear(model_dim, n_symbols)
        # The last block's output holds the context of its look; beside it, the symbol just read.
        self.copy_gate = CopyGate(2 * model_dim, target_of_symbol) if target_of_symbol else None

    def logits_from(
        self, encoded: Float[Tensor, "batch time dim"], batch: Batch
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the input and the true steps before it."""
        read, mask = self._read(batch), target_of(batch).mask
        steps, (*lower, last) = read, self._blocks()
        for block in lower:
            steps = block(steps, mask, encoded, batch.mask)
        if self.copy_gate is None:
            logits: Tensor = self.output(self.norm(last(steps, mask, encoded, batch.mask)))
            return logits
        steps, weights = last.with_weights(steps, mask, encoded, batch.mask)
        return self._copying(self.copy_gate, steps, read, weights, self.copy_gate.targets(batch))

    def begin_from(self, encoded: Float[Tensor, "batch time dim"], batch: Batch) -> Memory:
        """Return the encoded input as every layer looks at it, and nothing written."""
        sources = [block.cross.keys_and_values(encoded) for block in self._blocks()]
        pointed = self.copy_gate.targets(batch) if self.copy_gate else None
        return Memory(0, len(batch), [None] * len(sources), sources, batch.mask, pointed)

    def most_symbols(self, max_length: int) -> int:
        """Return `max_length`, or the places that were learned, if they are fewer."""
        return int(min(max_length, self.positions.max_time or math.inf))

    def advance(
        self, previous: Int[Tensor, "row"], memory: Memory
    ) -> tuple[Float[Tensor, "row symbols"], Memory]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""
        read = self.embedding(previous[:, None]) + self.positions(memory.place, 1)
        step, blocks, kept = read, self._blocks(), list[Past | None]()
        layers = zip(blocks, memory.seen, memory.sources, strict=True)
        copies = self.copy_gate is not None and memory.pointed is not None
        weights = None
        for block, seen, source in layers:
            if copies and block is blocks[-1]:
                look = block.advance_with_weights(step, seen, source, memory.source_mask)
                step, grown, weights = look
            else:
                step, grown = block.advance(step, seen, source, memory.source_mask)
            kept.append(grown)
        after = memory._replace(place=memory.place + 1, seen=kept)
        if self.copy_gate is None or memory.pointed is None or weights is None:
            return self.output(self.norm(step))[:, 0], after
        beside = (len(memory.source_mask), -1, step.shape[2])
        steps, symbols = step.view(beside), read.view(beside)
        logits = self._copying(self.copy_gate, steps, symbols, weights, memory.pointed)
        return logits.flatten(0, 1), after

    def select(self, memory: Memory, rows: Int[Tensor, "kept width"]) -> Memory:
        """Return the memory of some rows, those of one example side by side."""
        seen = [past and past.select(rows.flatten()) for past in memory.seen]
        sources, mask, pointed = memory.sources, memory.source_mask, memory.pointed
        kept = kept_examples(rows, memory.n_rows, len(mask))
        if kept is not None:
            sources = [KeysAndValues(key[kept], value[kept]) for key, value in sources]
            mask, pointed = mask[kept], None if pointed is None else pointed[kept]
        return Memory(memory.place, rows.numel(), seen, sources, mask, pointed)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the encoder's self-attention, then the decoder's looks at the input, by layer.

        The decoder's self-attention looks at the target, not at the input, and is not among them.
        """
        source, maps = encoded_with_maps(self.inputs, self.encoder, batch)
        steps, mask = self._read(batch), target_of(batch).mask
        for layer, block in enumerate(self._blocks()):
            steps, weights = block.with_weights(steps, mask, source, batch.mask)
            maps.append(weights_map(f"decoder.{layer}.cross", weights, mask, batch.mask))
        return maps

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_logits`, padding included."""
        (size, time), target_time = batch.mask.shape, target_of(batch).mask.shape[1]
        decoded = sum(block.flops(size, target_time, time) for block in self._blocks())
        written = 2.0 * size * target_time * self.output.weight.numel()
        written += self.copy_gate.flops(size, target_time, time) if self.copy_gate else 0.0
        return self.inputs.flops(size, time) + self.encoder.flops(size, time) + decoded + written

    def _copying(
        self,
        gate: CopyGate,
        steps: Float[Tensor, "batch target_time model_dim"],
        read: Float[Tensor, "batch target_time model_dim"],
        weights: Weights,
        pointed: Int[Tensor, "batch time"],
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of each symbol, written or copied; the heads of the last look share it."""
        written = self.norm(steps)
        seen = torch.cat([written, read], dim=-1)
        return gate.log_prob(self.output(written), seen, weights.mean(dim=1), pointed)

    def _read(self, batch: Batch) -> Float[Tensor, "batch target_time model_dim"]:
        before = read_before(target_tokens(batch), self.start_symbol)
        placed = self.embedding(before) + self.positions(0, before.shape[1])
        read: Tensor = self.encoder.dropout(placed)
        return read

    def _blocks(self) -> list[DecoderBlock]:
        return [block for block in self.blocks if isinstance(block, DecoderBlock)]
