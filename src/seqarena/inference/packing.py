"""Sequences of unequal length as one time-major stack without padding."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from seqarena.inference.compiled_loops import compiled


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
        # In memory, wherever the mask is: these are small arrays, and their sizes are needed here.
        kept = np.arange(len(mask)) if rows is None else rows.cpu().numpy()
        lay_out = compiled(_lay_out)
        n_alive, first, order, lengths, position = lay_out(mask.cpu().contiguous().numpy(), kept)
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
    def last(self) -> Int[Tensor, "sequences"]:
        """The last packed step of each sequence, longest first."""
        ranks = torch.arange(self.n_sequences, device=self.first.device)
        return self.first[self.lengths - 1] + ranks

    @property
    def previous(self) -> Int[Tensor, "later_steps"]:
        """For every packed step after the first of its sequence, in order: the step before it."""
        later = torch.arange(self.n_sequences, len(self.position), device=self.position.device)
        time = self.time[self.n_sequences :]
        return later - self.first[time] + self.first[time - 1]

    def pack(self, padded: Tensor) -> Tensor:
        """Return the real steps of (batch, time, ...) as (steps, ...)."""
        return padded.flatten(0, 1).index_select(0, self.position)

    def part(self, rows: Bool[Tensor, "batch"]) -> tuple[Int[Tensor, "_"], "Packing"]:
        """Return the packed steps of some padded rows, and the packing of those rows alone."""
        steps = rows[self.sequence].nonzero()[:, 0]
        mask = torch.zeros(self.shape, dtype=torch.bool, device=rows.device)
        mask.flatten()[self.position[steps]] = True
        # Sorting by length is stable: the rows keep the order that they have in the whole packing.
        return steps, Packing.of(mask, rows.nonzero()[:, 0])

    def by_time(self, packed: Tensor) -> tuple[Tensor, ...]:
        """Return views of (steps, ...), one for each time step; row i is the i-th longest."""
        return torch.split(packed, list(self.n_alive))

    def unpack(self, packed: Tensor) -> Tensor:
        """Return (steps, ...) as (batch, time, ...), zero where nothing was packed."""
        padded = packed.new_zeros((*self.shape, *packed.shape[1:]))
        padded.flatten(0, 1)[self.position] = packed
        return padded


@no_type_check
def _lay_out(mask, rows):
    """Return n_alive, first, order, lengths and position; rows of one length keep their order."""
    n_sequences, width = len(rows), mask.shape[1]
    of_row = np.zeros(n_sequences, dtype=np.int64)
    # Rows that are longer than each length; then where the next row of that length will stand.
    n_longer = np.zeros(width + 2, dtype=np.int64)
    for at in range(n_sequences):
        # Real steps are a prefix: halve what is left until its end is found.
        low, high = 0, width
        while low < high:
            middle = (low + high) // 2
            if mask[rows[at], middle]:
                low = middle + 1
            else:
                high = middle
        of_row[at] = low
        n_longer[low] += 1
    n_so_far, n_time = 0, 0
    for length in range(width, -1, -1):
        n_of_length = n_longer[length]
        n_longer[length] = n_so_far
        n_so_far += n_of_length
        if n_of_length and n_time == 0:
            n_time = length
    n_alive = n_longer[:n_time].copy()
    order, lengths = np.empty_like(of_row), np.empty_like(of_row)
    for at in range(n_sequences):
        rank = n_longer[of_row[at]]
        order[rank], lengths[rank] = rows[at], of_row[at]
        n_longer[of_row[at]] += 1
    first = np.cumsum(n_alive) - n_alive
    position = np.empty(n_alive.sum(), dtype=np.int64)
    for time in range(n_time):
        for rank in range(n_alive[time]):
            position[first[time] + rank] = order[rank] * width + time
    return n_alive, first, order, lengths, position
