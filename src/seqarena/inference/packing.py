"""Sequences of unequal length as one time-major stack without padding."""

from dataclasses import dataclass

import numpy as np
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
    order: Int[Tensor, "sequences"]
    """Padded row of each sequence, longest first."""
    lengths: Int[Tensor, "sequences"]
    """Steps of each sequence, longest first."""
    position: Int[Tensor, "steps"]
    """Where each packed step lies in the padded batch, read row by row."""
    shape: tuple[int, int]
    """Rows and columns of the padded batch."""

    @classmethod
    def of(cls, mask: Bool[Tensor, "batch time"], rows: Tensor | None = None) -> "Packing":
        """Pack the real steps (a prefix of each row) of all rows, or of `rows` alone."""
        # In numpy, wherever the mask is: these are small arrays, and their sizes are needed here.
        lengths = mask.sum(dim=1).cpu().numpy()
        kept = np.arange(len(lengths)) if rows is None else rows.cpu().numpy()
        order = kept[np.argsort(-lengths[kept], kind="stable")]
        lengths = lengths[order]
        n_time = int(lengths[0]) if len(lengths) else 0
        n_alive = np.searchsorted(-lengths, -np.arange(n_time), side="left")
        first = np.cumsum(n_alive) - n_alive
        position = np.arange(lengths.sum())
        position -= np.repeat(first, n_alive)  # the rank of the sequence
        position = (order * mask.shape[1])[position]
        position += np.repeat(np.arange(n_time), n_alive)
        device = mask.device
        return cls(
            n_alive=tuple(n_alive.tolist()),
            first=torch.from_numpy(first).to(device),
            order=torch.from_numpy(order).to(device),
            lengths=torch.from_numpy(lengths).to(device),
            position=torch.from_numpy(position).to(device),
            shape=(mask.shape[0], mask.shape[1]),
        )

    @property
    def n_sequences(self) -> int:
        """Sequences that were packed."""
        return len(self.order)

    @property
    def sequence(self) -> Int[Tensor, "steps"]:
        """Padded row that each packed step came from."""
        return self.position // self.shape[1]

    @property
    def time(self) -> Int[Tensor, "steps"]:
        """Time step of each packed step."""
        return self.position % self.shape[1]

    @property
    def previous(self) -> Int[Tensor, "later_steps"]:
        """For every packed step after the first of its sequence, in order: the step before it."""
        later = torch.arange(self.n_sequences, len(self.position), device=self.position.device)
        time = self.time[self.n_sequences :]
        return later - self.first[time] + self.first[time - 1]

    def pack(self, padded: Tensor) -> Tensor:
        """Return the real steps of (batch, time, ...) as (steps, ...)."""
        return padded.flatten(0, 1).index_select(0, self.position)

    def by_time(self, packed: Tensor) -> tuple[Tensor, ...]:
        """Return views of (steps, ...), one for each time step; row i is the i-th longest."""
        return torch.split(packed, list(self.n_alive))

    def unpack(self, packed: Tensor) -> Tensor:
        """Return (steps, ...) as (batch, time, ...), zero where nothing was packed."""
        padded = packed.new_zeros((*self.shape, *packed.shape[1:]))
        padded.flatten(0, 1)[self.position] = packed
        return padded
