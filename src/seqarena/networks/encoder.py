"""What stands between the inputs and the outputs of a network: steps in, steps out."""

from abc import ABC, abstractmethod

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights


class Encoder(nn.Module, ABC):
    """A map from steps to steps of the same number. Padding never changes what a real step gets."""

    out_dim: int
    """Width of a step that comes out."""
    backward_dim: int = 0
    """How many of its last numbers a backward recurrence made, which has seen the whole sequence at
    the first step."""

    @abstractmethod
    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the encoded steps; what stands on padding has no meaning."""

    @abstractmethod
    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the encoded steps, and the weights of each layer."""

    @abstractmethod
    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`; a multiply-add counts as two."""
