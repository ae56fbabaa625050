"""Sums of frames, for emissions that are fitted by their mean alone."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class FrameSums:
    """How many frames belong to each state, and their sum; they add."""

    weight: Float[Tensor, "n"]
    first: Float[Tensor, "n dim"]

    @classmethod
    def of(
        cls, frames: Float[Tensor, "steps dim"], share: Float[Tensor, "steps n"], chunk: int = 8192
    ) -> "FrameSums":
        """Sum the frames of each state, in 64 bits, a chunk at a time."""
        n, dim = share.shape[1], frames.shape[1]
        total = cls(
            weight=torch.zeros(n, dtype=torch.float64, device=frames.device),
            first=torch.zeros(n, dim, dtype=torch.float64, device=frames.device),
        )
        chunks = zip(torch.split(frames, chunk), torch.split(share, chunk), strict=True)
        for part, own in chunks:
            wide = own.double()
            total = total + cls(wide.sum(dim=0), wide.T @ part.double())
        return total

    def __add__(self, other: "FrameSums") -> "FrameSums":
        return FrameSums(self.weight + other.weight, self.first + other.first)

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.weight, self.first]
