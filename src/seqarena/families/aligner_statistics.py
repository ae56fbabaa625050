"""What the E-step of an aligner counts, in one direction and in both."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor


@dataclass(frozen=True)
class DirectionStatistics:
    """Expected links of one direction, and the jumps between them."""

    log_likelihood: Float[Tensor, ""]
    """Log p(targets | sources) [nats]."""
    links: Float[Tensor, "met"]
    """Expected links between each two words that met in training."""
    moves: Float[Tensor, "rows length"]
    """Expected moves from each source word (row; 0: before the first) to each (column)."""
    leaves: Float[Tensor, "rows length"]
    """The same moves by where they start and by the length of the sentence (column; 0: one)."""

    def __add__(self, other: "DirectionStatistics") -> "DirectionStatistics":
        pairs = zip(self.tensors(), other.tensors(), strict=True)
        return DirectionStatistics(*[ours + theirs for ours, theirs in pairs])

    def tensors(self) -> list[Tensor]:
        """Return every tensor."""
        return [self.log_likelihood, self.links, self.moves, self.leaves]


@dataclass(frozen=True)
class AlignerStatistics:
    """Both directions, or the one that is trained."""

    directions: tuple[DirectionStatistics, ...]

    @property
    def log_likelihood(self) -> Float[Tensor, ""]:
        """Of all directions together [nats]."""
        return torch.stack([each.log_likelihood for each in self.directions]).sum()

    def __add__(self, other: "AlignerStatistics") -> "AlignerStatistics":
        pairs = zip(self.directions, other.directions, strict=True)
        return AlignerStatistics(tuple(ours + theirs for ours, theirs in pairs))

    def tensors(self) -> list[Tensor]:
        """Return every tensor, direction after direction."""
        return [tensor for each in self.directions for tensor in each.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "AlignerStatistics":
        """Return a record of the same kind that holds `tensors`."""
        size = len(tensors) // len(self.directions)
        parts = [tensors[at : at + size] for at in range(0, len(tensors), size)]
        return AlignerStatistics(tuple(DirectionStatistics(*part) for part in parts))
