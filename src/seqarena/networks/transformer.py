"""The Transformer: pre-norm blocks of self-attention and feed-forward layers."""

from typing import Any, NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.past import Past
from seqarena.attention.positions import Positions
from seqarena.attention.self_attention import SelfAttention
from seqarena.networks.encoder import Encoder

EMBEDDING_SCALE = 0.3
"""Standard deviation of fresh embeddings and learned positions, the same for both.

With 1, blocks change the stream slowly and a language model falls behind; positions much smaller
than the embeddings (0.02 against 1) are learned several times more slowly in transduction.
"""


class FeedForward(nn.Module):
    """W_2 gelu(W_1 x + b_1) + b_2 at each step by itself: Vaswani et al. (2017), eq. 2."""

    def __init__(self, model_dim: int, feedforward_ratio: int) -> None:
        super().__init__()
        self.wide = nn.Linear(model_dim, feedforward_ratio * model_dim)
        self.narrow = nn.Linear(feedforward_ratio * model_dim, model_dim)

    def forward(
        self, steps: Float[Tensor, "batch time model_dim"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the transformed steps."""
        narrow: Tensor = self.narrow(nn.functional.gelu(self.wide(steps)))
        return narrow

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return 4.0 * batch * time * self.wide.weight.numel()


class Block(nn.Module):
    """x + attention(norm(x)), then x + feedforward(norm(x)): pre-norm, Xiong et al. (2020).

    Normalising inside the residual branch keeps gradients even across depth, so that no long
    warm-up is needed.
    """

    def __init__(
        self, attention: SelfAttention[Any], feedforward_ratio: int, dropout: float
    ) -> None:
        super().__init__()
        model_dim = attention.context_dim
        self.attention_norm = nn.LayerNorm(model_dim)
        self.attention = attention
        self.feedforward_norm = nn.LayerNorm(model_dim)
        self.feedforward = FeedForward(model_dim, feedforward_ratio)
        self.dropout = nn.Dropout(dropout)

    def forward(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the transformed steps."""
        return self.after_attention(self.attend(steps, mask))

    def attend(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the steps after the self-attention half."""
        context: Tensor = self.dropout(self.attention.context(self.attention_norm(steps), mask))
        return steps + context

    def with_weights(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the transformed steps, and the weights, through which no gradient flows."""
        context, weights = self.attention.observe(self.attention_norm(steps), mask)
        return self.after_attention(steps + self.dropout(context)), weights

    def attend_newest(
        self, step: Float[Tensor, "batch 1 model_dim"], past: Past | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], Past]:
        """Return the newest step after the self-attention half, and what the next one needs."""
        context, grown = self.attention.advance(self.attention_norm(step), past)
        return step + context, grown

    def after_attention(
        self, steps: Float[Tensor, "batch time model_dim"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the steps after the feed-forward half."""
        change: Tensor = self.dropout(self.feedforward(self.feedforward_norm(steps)))
        return steps + change

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return self.attention.flops(batch, time) + self.feedforward.flops(batch, time)


class Pasts(NamedTuple):
    """What a causal encoder keeps between two steps: the past of each layer, and its length."""

    place: int
    layers: list[Past | None]

    def select(self, rows: Int[Tensor, "selected"]) -> "Pasts":
        """Return the pasts of some rows of the batch, in their order."""
        return self._replace(layers=[each and each.select(rows) for each in self.layers])


class TransformerEncoder(Encoder):
    """Positions, blocks and a last norm. Causal, it predicts; else it sees the whole sequence."""

    def __init__(
        self, positions: Positions, blocks: list[Block], model_dim: int, dropout: float
    ) -> None:
        super().__init__()
        self.positions = positions
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(model_dim)
        self.dropout = nn.Dropout(dropout)
        self.out_dim = model_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the encoded steps."""
        steps = self.dropout(steps + self.positions(0, steps.shape[1]))
        for block in self.blocks:
            steps = block(steps, mask)
        encoded: Tensor = self.norm(steps)
        return encoded

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the encoded steps, and the weights of each layer."""
        steps = self.dropout(steps + self.positions(0, steps.shape[1]))
        layers = []
        for block in self._blocks():
            steps, weights = block.with_weights(steps, mask)
            layers.append(weights)
        return self.norm(steps), layers

    def nothing_yet(self) -> Pasts:
        """Return the past of a sequence that has not begun."""
        return Pasts(0, [None] * len(self.blocks))

    def advance(
        self, step: Float[Tensor, "batch 1 dim"], past: Pasts
    ) -> tuple[Float[Tensor, "batch 1 out_dim"], Pasts]:
        """Return the newest step encoded, and what the next one needs; causal blocks only.

        It equals the last step of `forward` over all that came.
        """
        step = step + self.positions(past.place, 1)
        layers: list[Past | None] = []
        for block, seen in zip(self._blocks(), past.layers, strict=True):
            step, grown = block.attend_newest(step, seen)
            step = block.after_attention(step)
            layers.append(grown)
        return self.norm(step), Pasts(past.place + 1, layers)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return sum(block.flops(batch, time) for block in self._blocks())

    def _blocks(self) -> list[Block]:
        return [block for block in self.blocks if isinstance(block, Block)]
