"""Where a step stands, added to what it is: without it attention sees a set, not a sequence."""

import math
from abc import ABC, abstractmethod
from typing import Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.errors import DataError

PositionKind = Literal["learned", "sinusoidal", "rotary", "alibi"]
"""The first two are added to the steps; the others live inside the heads (`relative.py`)."""


class Positions(nn.Module, ABC):
    """A vector for each place in a sequence."""

    max_time: int | None
    """Number of places; None: any."""

    @abstractmethod
    def forward(self, start: int, time: int) -> Float[Tensor, "time model_dim"]:
        """Return the vectors of places start, ..., start + time - 1."""


class LearnedPositions(Positions):
    """One free vector per place: Gehring et al. (2017), section 3.1.

    `remedy` is what a user can do about a longer sequence: whoever builds it knows the settings.
    """

    def __init__(
        self,
        max_time: int,
        model_dim: int,
        scale: float = 1.0,
        remedy: str = "shorten it, or fit to data in which one is as long",
    ) -> None:
        super().__init__()
        self.max_time: int = max_time
        self.remedy = remedy
        self.table = nn.Parameter(scale * torch.randn(max_time, model_dim))

    def forward(self, start: int, time: int) -> Float[Tensor, "time model_dim"]:
        """Return the vectors of the places.

        Raises:
            DataError: a place lies beyond the last one that was learned.
        """
        if start + time > self.max_time:
            raise DataError(
                f"a sequence of {start + time} steps came, but positions are learned for "
                f"{self.max_time}; {self.remedy}."
            )
        return self.table[start : start + time]


class SinusoidalPositions(Positions):
    """Sines and cosines of geometrically spaced frequencies: Vaswani et al. (2017), section 3.5.

    PE(t, 2i) = sin(t / 10000^(2i / d)), PE(t, 2i + 1) = cos(t / 10000^(2i / d)).
    """

    frequencies: Tensor

    def __init__(self, model_dim: int) -> None:
        super().__init__()
        self.max_time = None
        self.model_dim = model_dim
        even = torch.arange(0, model_dim, 2)
        frequencies = torch.exp(even * (-math.log(10000.0) / model_dim))
        self.register_buffer("frequencies", frequencies, persistent=False)

    def forward(self, start: int, time: int) -> Float[Tensor, "time model_dim"]:
        """Return the vectors of the places."""
        places = torch.arange(start, start + time, device=self.frequencies.device)
        angles = places[:, None] * self.frequencies
        return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, : self.model_dim]


class NoPositions(Positions):
    """Zeros, where the heads themselves know how far away a key is."""

    zeros: Tensor

    def __init__(self, model_dim: int) -> None:
        super().__init__()
        self.max_time = None
        self.register_buffer("zeros", torch.zeros(model_dim), persistent=False)

    def forward(self, start: int, time: int) -> Float[Tensor, "time model_dim"]:
        """Return zeros."""
        del start
        return self.zeros.expand(time, -1)


def build_positions(
    kind: PositionKind, max_time: int, model_dim: int, scale: float = 1.0
) -> Positions:
    """Return what is added under a kind; learned ones start with standard deviation `scale`."""
    match kind:
        case "learned":
            remedy = "shorten it, or fit with `positions: sinusoidal`"
            return LearnedPositions(max_time, model_dim, scale, remedy)
        case "sinusoidal":
            return SinusoidalPositions(model_dim)
        case "rotary" | "alibi":
            return NoPositions(model_dim)
        case _:
            assert_never(kind)
