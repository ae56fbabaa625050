"""Where a key stands seen from a query: positions that live inside the heads."""

import math
from abc import ABC, abstractmethod
from typing import assert_never

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.attention.attend import Heads
from seqarena.attention.positions import PositionKind
from seqarena.attention.precision import widened


class RelativePositions(nn.Module, ABC):
    """A change of queries and keys, or of their scores, that depends on distances alone."""

    has_bias: bool = False
    """Whether `bias` ever returns numbers."""

    @abstractmethod
    def turned(self, heads: Heads, start: int) -> Heads:
        """Return queries or keys that stand at places start, start + 1, ..."""

    @abstractmethod
    def bias(
        self, distance: Int[Tensor, "query_time key_time"]
    ) -> Float[Tensor, "head query_time key_time"] | None:
        """Return what is added to the scores of keys at a distance i - j; None: nothing."""


class NoRelativePositions(RelativePositions):
    """Heads that do not know how far away a key is."""

    def turned(self, heads: Heads, start: int) -> Heads:
        """Return the heads as they are."""
        del start
        return heads

    def bias(self, distance: Int[Tensor, "query_time key_time"]) -> None:
        """Return nothing."""
        del distance


class RotaryPositions(RelativePositions):
    """Each pair of numbers (2n, 2n + 1) of a head turned by the angle place · 10000^(-2n / d).

    Su et al. (2021), eq. 15. The product of a turned query and a turned key depends on their
    places through i - j alone. Angles are computed in float32 whatever the heads are in.
    """

    frequencies: Tensor

    def __init__(self, head_dim: int) -> None:
        super().__init__()
        even = torch.arange(0, head_dim, 2)
        frequencies = torch.exp(even * (-math.log(10000.0) / head_dim))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def turned(self, heads: Heads, start: int) -> Heads:
        """Return the heads, each pair turned by its angle."""
        places = torch.arange(start, start + heads.shape[2], device=heads.device)
        angles = places[:, None] * self.frequencies
        # One product of complex numbers passes over the heads once; its parts take five passes.
        turns = torch.polar(torch.ones_like(angles), angles)
        pairs = torch.view_as_complex(torch.unflatten(widened(heads), -1, (-1, 2)))
        return torch.view_as_real(pairs * turns).flatten(-2).to(heads.dtype)

    def bias(self, distance: Int[Tensor, "query_time key_time"]) -> None:
        """Return nothing: the turn has changed the scores already."""
        del distance


class AlibiPositions(RelativePositions):
    """Scores lowered by slope · |i - j|, with a slope for each head: Press, Smith & Lewis (2022).

    Nothing is learned, and longer sequences than those of the fit need no new numbers. Where a
    step sees to both sides, both are lowered alike.
    """

    has_bias = True
    slopes: Tensor

    def __init__(self, n_heads: int) -> None:
        super().__init__()
        slopes = torch.tensor(alibi_slopes(n_heads))
        self.register_buffer("slopes", slopes, persistent=False)

    def turned(self, heads: Heads, start: int) -> Heads:
        """Return the heads as they are."""
        del start
        return heads

    def bias(
        self, distance: Int[Tensor, "query_time key_time"]
    ) -> Float[Tensor, "head query_time key_time"]:
        """Return -slope · |i - j|."""
        return distance.abs() * -self.slopes[:, None, None]


def alibi_slopes(n_heads: int) -> list[float]:
    """Return 2^(-8 h / n) for h = 1, ..., n, where n is a power of two: section 3.

    Any other number takes the slopes of the next lower power of two, and as many as are missing
    from every second of the next higher one, as the authors' code does.
    """
    lower: int = 2 ** int(math.log2(n_heads))
    slopes = [2.0 ** (-8.0 * head / lower) for head in range(1, lower + 1)]
    between = [2.0 ** (-4.0 * head / lower) for head in range(1, 2 * lower, 2)]
    return slopes + between[: n_heads - lower]


def build_relative(kind: PositionKind, n_heads: int, head_dim: int) -> RelativePositions:
    """Return what the heads know of distances under a kind of positions."""
    match kind:
        case "learned" | "sinusoidal":
            return NoRelativePositions()
        case "rotary":
            return RotaryPositions(head_dim)
        case "alibi":
            return AlibiPositions(n_heads)
        case _:
            assert_never(kind)
