"""Scores that are products of query and key: dot, general, scaled dot."""

import math
from abc import abstractmethod

from jaxtyping import Float
from torch import Tensor, nn

from seqarena.attention.mechanism import Score
from seqarena.errors import ConfigError


class ProductScore(Score):
    """Score e_ij = scale · f(q_i)·k_j. A fused kernel can take it, which never holds the scores."""

    scale: float
    """What the product is multiplied by."""

    @abstractmethod
    def compared(
        self, query: Float[Tensor, "batch query_time query_dim"]
    ) -> Float[Tensor, "batch query_time key_dim"]:
        """Return f(q_i), as wide as a key."""

    def forward(
        self,
        query: Float[Tensor, "batch query_time query_dim"],
        key: Float[Tensor, "batch key_time key_dim"],
    ) -> Float[Tensor, "batch query_time key_time"]:
        """Return e_ij."""
        return self.scale * (self.compared(query) @ key.mT)


class DotScore(ProductScore):
    """Score e_ij = q_i·k_j: Luong, Pham & Manning (2015), section 3.1, "dot". Nothing is learned.

    Its variance grows with the width of a key; `ScaledDotScore` divides that away.
    """

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__()
        self.key_dim = _same_width(query_dim, key_dim)
        self.scale = 1.0

    def compared(
        self, query: Float[Tensor, "batch query_time key_dim"]
    ) -> Float[Tensor, "batch query_time key_dim"]:
        """Return the query itself."""
        return query

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return 2.0 * batch * query_time * key_time * self.key_dim


class ScaledDotScore(DotScore):
    """Score e_ij = q_i·k_j / √d: Vaswani et al. (2017), eq. 1, without projections.

    Where the entries of queries and keys have variance 1, so has the score.
    """

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__(query_dim, key_dim)
        self.scale = 1.0 / math.sqrt(key_dim)


class GeneralScore(ProductScore):
    """Score e_ij = q_i W k_j: Luong, Pham & Manning (2015), section 3.1, "general".

    W lets queries and keys have widths and meanings of their own.
    """

    def __init__(self, query_dim: int, key_dim: int) -> None:
        super().__init__()
        self.of_query = nn.Linear(query_dim, key_dim, bias=False)
        self.scale = 1.0

    def compared(
        self, query: Float[Tensor, "batch query_time query_dim"]
    ) -> Float[Tensor, "batch query_time key_dim"]:
        """Return q_i W."""
        compared: Tensor = self.of_query(query)
        return compared

    def flops(self, batch: int, query_time: int, key_time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        query_dim, key_dim = self.of_query.in_features, self.of_query.out_features
        return 2.0 * batch * query_time * key_dim * (query_dim + key_time)


def _same_width(query_dim: int, key_dim: int) -> int:
    if query_dim != key_dim:
        raise ConfigError(
            [
                f"attention: a dot product needs queries as wide as keys, and a query has "
                f"{query_dim} numbers, a key {key_dim}; use 'softmax_general', which learns a "
                f"matrix between the two."
            ]
        )
    return key_dim
