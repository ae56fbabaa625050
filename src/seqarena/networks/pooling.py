"""Pooling without attention: the last real step, the mean, or the largest of each number."""

from typing import Literal, assert_never

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.networks.recurrent import last_real

PoolingKind = Literal["last", "mean", "max"]


class PlainPooling(nn.Module):
    """One vector per sequence, by a rule that has no parameters.

    `last` joins, of an encoder that reads both ways, the forward direction's last real step and the
    backward direction's first: where each has seen the whole sequence.
    """

    def __init__(self, kind: PoolingKind, dim: int, backward_dim: int = 0) -> None:
        super().__init__()
        self.kind = kind
        self.pooled_dim = dim
        self.backward_dim = backward_dim

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch dim"]:
        """Return the pooled vector over the real steps."""
        match self.kind:
            case "last":
                return last_real(steps, mask, self.backward_dim)
            case "mean":
                total = steps.where(mask[..., None], 0.0).sum(dim=1)
                return total / mask.sum(dim=1, keepdim=True)
            case "max":
                return steps.where(mask[..., None], float("-inf")).amax(dim=1)
            case _:
                assert_never(self.kind)

    def weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> dict[str, Tensor]:
        """Return nothing: no weights were computed."""
        del steps, mask
        return {}

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return float(batch * time * self.pooled_dim)
