"""Self-attention: the steps of one sequence look at each other."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Generic, TypeVar

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Weights
from seqarena.attention.intervention import Attention
from seqarena.attention.past import Past

P = TypeVar("P", bound=Past)


class SelfAttention(Attention, ABC, Generic[P]):
    """Attention of X over X: Vaswani et al. (2017), section 3.2.3.

    Causal: step i attends j <= i only. Padding stands on the right, so a real step never sees it
    there, and the padding mask is not needed; what a padded step computes is nobody's business.
    """

    context_dim: int
    """Width of a step, and of its context."""

    @abstractmethod
    def forward(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return the context of each step, and the weights of each head that made it."""

    @abstractmethod
    def context(
        self, steps: Float[Tensor, "batch time model_dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time model_dim"]:
        """Return the context of each step, as fast as it can be had."""

    @abstractmethod
    def observe(
        self,
        steps: Float[Tensor, "batch time model_dim"],
        mask: Bool[Tensor, "batch time"],
        heads: Sequence[int] | None = None,
    ) -> tuple[Float[Tensor, "batch time model_dim"], Weights]:
        """Return what `context` returns, and beside it the weights of some heads (None: all).

        Gradients flow through the context alone. Above `context` it holds one number for each
        pair of steps and head that was asked for.
        """

    @abstractmethod
    def advance(
        self, step: Float[Tensor, "batch 1 model_dim"], past: P | None
    ) -> tuple[Float[Tensor, "batch 1 model_dim"], P]:
        """Return the context of the newest step over all that came, and what the next one needs.

        It equals the last row of a causal `context`; `past` stays as it is.
        """

    @abstractmethod
    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `context`, the upper triangle included."""
