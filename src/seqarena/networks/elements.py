"""An encoder without recurrence: each element by itself, knowing its place."""

from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.attend import Weights
from seqarena.attention.positions import Positions
from seqarena.networks.encoder import Encoder


class ElementEncoder(Encoder):
    """y_t = W gelu(x_t + p_t) + b: one hidden layer per element, p_t its position.

    The non-linearity lets what an element is and where it is act together; after it, only the
    attention mechanism sees more than one element. Compare Zaheer et al. (2017), Deep Sets.
    """

    def __init__(self, positions: Positions, model_dim: int, dropout: float) -> None:
        super().__init__()
        self.positions = positions
        self.out = nn.Linear(model_dim, model_dim)
        self.dropout = nn.Dropout(dropout)
        self.out_dim = model_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the encoded elements. The mask is not needed."""
        del mask
        hidden = functional.gelu(steps + self.positions(0, steps.shape[1]))
        encoded: Tensor = self.out(self.dropout(hidden))
        return encoded

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the encoded elements, and no weights: nothing looks at anything."""
        return self(steps, mask), []

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return 2.0 * batch * time * self.out_dim**2
