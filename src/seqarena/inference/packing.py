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
    first: Int[Tensor, "time"]
    """Where the packed steps of each time step begin."""
    sequence: Int[Tensor, "steps"]
    """Padded row that each packed step came from."""
    time: Int[Tensor, "steps"]
    """Its time step."""
    shape: tuple[int, int]
    """Rows and columns of the padded batch."""

    @classmethod
    def of(cls, mask: Bool[Tensor, "batch time"], rows: Tensor | None = None) -> "Packing":
        """Pack the real steps (a prefix of each row) of all rows, or of `rows` alone."""
        kept = torch.arange(len(mask), device=mask.device) if rows is None else rows
        lengths, order = mask[kept].sum(dim=1).sort(descending=True, stable=True)
        times = torch.arange(mask.shape[1], device=mask.device)
        n_alive = len(kept) - torch.searchsorted(lengths.flip(0), times, right=True)
        first = n_alive.cumsum(0) - n_alive
        alive = tuple(n for n in n_alive.tolist() if n)
        time = torch.repeat_interleave(times, n_alive, output_size=sum(alive))
        rank = torch.arange(len(time), device=mask.device) - first[time]
        return cls(
            n_alive=alive,
            first=first[: len(alive)],
            sequence=kept[order][rank],
            time=time,
            shape=(mask.shape[0], mask.shape[1]),
        )

    @property
    def n_sequences(self) -> int:
        """Sequences that were packed."""
        return self.n_alive[0] if self.n_alive else 0

    @property
    def previous(self) -> Int[Tensor, "later_steps"]:
        """For every packed step after the first of its sequence, in order: the step before it."""
        later = torch.arange(self.n_sequences, len(self.time), device=self.time.device)
        time = self.time[self.n_sequences :]
        return later - self.first[time] + self.first[time - 1]

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
        padded.flatten(0, 1)[self.sequence * self.shape[1] + self.time] = packed
        return padded
