"""Sequences of unequal length as one time-major stack without padding."""

from dataclasses import dataclass

import torch
from jaxtyping import Bool, Int
from torch import Tensor


@dataclass(frozen=True)
class Packing:
    """Where each real step of a padded batch lies in a stack that holds real steps only.

    Sequences are sorted by falling length, so those still alive at a time step are always the
    first ones: a recursion over time multiplies the rows that exist, and nothing else.
    """

    n_alive: tuple[int, ...]
    """Sequences alive at each time step; never rises."""
    sequence: Int[Tensor, "steps"]
    """Padded row that each packed step came from."""
    time: Int[Tensor, "steps"]
    """Its time step."""
    previous: Int[Tensor, "later_steps"]
    """For every packed step after the first of its sequence, in order: the step before it."""
    shape: tuple[int, int]
    """Rows and columns of the padded batch."""

    @classmethod
    def of(cls, mask: Bool[Tensor, "batch time"], rows: Tensor | None = None) -> "Packing":
        """Pack the real steps (a prefix of each row) of all rows, or of `rows` alone."""
        kept = torch.arange(len(mask), device=mask.device) if rows is None else rows
        lengths, order = mask[kept].sum(dim=1).sort(descending=True, stable=True)
        steps = torch.arange(mask.shape[1], device=mask.device)
        time, rank = (lengths > steps[:, None]).nonzero(as_tuple=True)
        n_alive = (lengths > steps[:, None]).sum(dim=1)
        before = (n_alive.cumsum(0) - n_alive)[(time - 1).clamp(min=0)] + rank
        return cls(
            n_alive=tuple(n for n in n_alive.tolist() if n),
            sequence=kept[order][rank],
            time=time,
            previous=before[time > 0],
            shape=(mask.shape[0], mask.shape[1]),
        )

    @property
    def n_sequences(self) -> int:
        """Sequences that were packed."""
        return self.n_alive[0] if self.n_alive else 0

    def pack(self, padded: Tensor) -> Tensor:
        """Return the real steps of (batch, time, ...) as (steps, ...)."""
        position = self.sequence * self.shape[1] + self.time
        return padded.flatten(0, 1).index_select(0, position)

    def by_time(self, packed: Tensor) -> tuple[Tensor, ...]:
        """Return views of (steps, ...), one for each time step; row i is the i-th longest."""
        return torch.split(packed, list(self.n_alive))

    def unpack(self, packed: Tensor) -> Tensor:
        """Return (steps, ...) as (batch, time, ...), zero where nothing was packed."""
        padded = packed.new_zeros((*self.shape, *packed.shape[1:]))
        padded[self.sequence, self.time] = packed
        return padded
