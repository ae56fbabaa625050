"""The Transformer: pre-norm blocks of self-attention and feed-forward layers."""

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.multi_head import KeysAndValues
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
        self, model_dim: int, n_heads: int, feedforward_ratio: int, dropout: float, is_causal: bool
    ) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(model_dim)
        self.attention = SelfAttention(model_dim, n_heads, is_causal)
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
        """Return the transformed steps by the explicit path, and the weights."""
        context, weights = self.attention(self.attention_norm(steps), mask)
        return self.after_attention(steps + self.dropout(context)), weights

    def attend_newest(
        self, step: Float[Tensor, "batch 1 model_dim"], seen: KeysAndValues | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], KeysAndValues]:
        """Return the newest step after the self-attention half, and what the next one needs."""
        context, grown = self.attention.advance(self.attention_norm(step), seen)
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
        """Return the encoded steps by the explicit path, and the weights of each layer."""
        steps = self.dropout(steps + self.positions(0, steps.shape[1]))
        layers = []
        for block in self._blocks():
            steps, weights = block.with_weights(steps, mask)
            layers.append(weights)
        return self.norm(steps), layers

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return sum(block.flops(batch, time) for block in self._blocks())

    def _blocks(self) -> list[Block]:
        return [block for block in self.blocks if isinstance(block, Block)]
