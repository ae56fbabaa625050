"""The Transformer as an encoder-decoder."""

import math
from typing import NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.maps import NativeMap
from seqarena.attention.multi_head import KeysAndValues, MultiHeadAttention
from seqarena.attention.past import Past
from seqarena.attention.positions import Positions
from seqarena.batch import Batch
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

    def logits_from(
        self, encoded: Float[Tensor, "batch time dim"], batch: Batch
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the input and the true steps before it."""
        steps, mask = self._read(batch), target_of(batch).mask
        for block in self.blocks:
            steps = block(steps, mask, encoded, batch.mask)
        logits: Tensor = self.output(self.norm(steps))
        return logits

    def begin_from(self, encoded: Float[Tensor, "batch time dim"], batch: Batch) -> Memory:
        """Return the encoded input as every layer looks at it, and nothing written."""
        sources = [block.cross.keys_and_values(encoded) for block in self._blocks()]
        return Memory(0, len(batch), [None] * len(sources), sources, batch.mask)

    def most_symbols(self, max_length: int) -> int:
        """Return `max_length`, or the places that were learned, if they are fewer."""
        return int(min(max_length, self.positions.max_time or math.inf))

    def advance(
        self, previous: Int[Tensor, "row"], memory: Memory
    ) -> tuple[Float[Tensor, "row symbols"], Memory]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""
        step = self.embedding(previous[:, None]) + self.positions(memory.place, 1)
        kept: list[Past | None] = []
        for block, seen, source in zip(self._blocks(), memory.seen, memory.sources, strict=True):
            step, grown = block.advance(step, seen, source, memory.source_mask)
            kept.append(grown)
        return self.output(self.norm(step))[:, 0], memory._replace(
            place=memory.place + 1, seen=kept
        )

    def select(self, memory: Memory, rows: Int[Tensor, "kept width"]) -> Memory:
        """Return the memory of some rows, those of one example side by side."""
        seen = [past and past.select(rows.flatten()) for past in memory.seen]
        sources, mask = memory.sources, memory.source_mask
        kept = kept_examples(rows, memory.n_rows, len(mask))
        if kept is not None:
            sources = [KeysAndValues(key[kept], value[kept]) for key, value in sources]
            mask = mask[kept]
        return Memory(memory.place, rows.numel(), seen, sources, mask)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the encoder's self-attention, then the decoder's looks at the input, by layer.

        The decoder's self-attention looks at the target, not at the input, and is not among them.
        """
        source, layers = self.encoder.with_weights(self.inputs(batch), batch.mask)
        maps = [
            _map(f"encoder.{layer}.self", weights, batch.mask, batch.mask)
            for layer, weights in enumerate(layers)
        ]
        steps, mask = self._read(batch), target_of(batch).mask
        for layer, block in enumerate(self._blocks()):
            steps, weights = block.with_weights(steps, mask, source, batch.mask)
            maps.append(_map(f"decoder.{layer}.cross", weights, mask, batch.mask))
        return maps

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_logits`, padding included."""
        (size, time), target_time = batch.mask.shape, target_of(batch).mask.shape[1]
        decoded = sum(block.flops(size, target_time, time) for block in self._blocks())
        written = 2.0 * size * target_time * self.output.weight.numel()
        return self.inputs.flops(size, time) + self.encoder.flops(size, time) + decoded + written

    def _read(self, batch: Batch) -> Float[Tensor, "batch target_time model_dim"]:
        before = read_before(target_tokens(batch), self.start_symbol)
        placed = self.embedding(before) + self.positions(0, before.shape[1])
        read: Tensor = self.encoder.dropout(placed)
        return read

    def _blocks(self) -> list[DecoderBlock]:
        return [block for block in self.blocks if isinstance(block, DecoderBlock)]


def _map(
    name: str,
    weights: Weights,
    row_mask: Bool[Tensor, "batch row"],
    column_mask: Bool[Tensor, "batch column"],
) -> NativeMap:
    values = weights.where(row_mask[:, None, :, None], 0.0)
    return NativeMap(name, "weights", values, row_mask, column_mask)
