"""What every attention mechanism answers, and how much work it is."""

from abc import ABC, abstractmethod
from typing import Any

from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.attention.intervention import Attention
from seqarena.attention.precision import in_full_precision


class Mechanism(Attention, ABC):
    """A learned way for queries to look at keys.

    `forward` is the explicit path: it returns the weights. `context` is the path for training: the
    same context to rounding, by a fused kernel where there is one.
    """

    context_dim: int
    """Width of the context."""

    @in_full_precision
    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time context_dim"], Weights]:
        """Return the context of each query, and the weights that made it."""
        return self.look_with_weights(query, self.prepared(key_value), attend_mask)

    def context(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key_value: Float[Tensor, "batch key_time key_dim"],
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time context_dim"]:
        """Return the context of each query alone, as fast as it can be had."""
        if self.is_intervened:
            explicit: tuple[Tensor, Weights] = self(query, key_value, attend_mask)
            return explicit[0]
        return self.look(query, self.prepared(key_value), attend_mask)

    @abstractmethod
    def prepared(self, key_value: Float[Tensor, "batch key_time key_dim"]) -> tuple[Tensor, ...]:
        """Return what `look` needs of the keys, made once for all queries that come later.

        The examples are the first dimension of each tensor, the keys the last but one; what is made
        of a key is made of it alone.
        """

    @abstractmethod
    def look(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: Any,
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> Float[Tensor, "batch query_time context_dim"]:
        """Return `context` over keys that are prepared already."""

    @abstractmethod
    def look_with_weights(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        prepared: Any,
        attend_mask: Bool[Tensor, "batch #query_time key_time"],
    ) -> tuple[Float[Tensor, "batch query_time context_dim"], Weights]:
        """Return what `forward` does over keys that are prepared already."""

    @abstractmethod
    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `context`; a multiply-add counts as two."""


class Score(nn.Module, ABC):
    """A learned number for each pair of a query and a key; a width of 0 means there is no query."""

    @abstractmethod
    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch key_time key_dim"],
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return the score of each key for each query, before any softmax."""

    def prepared(self, key: Float[Tensor, "batch key_time key_dim"]) -> Tensor:
        """Return what `compare` needs of the keys; the keys themselves, if nothing can be made."""
        return key

    def compare(
        self, query: Float[Tensor, "batch query_time query_dim"], prepared: Tensor
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return the scores of keys that are prepared already."""
        scores: Tensor = self(query, prepared)
        return scores

    @abstractmethod
    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
