"""What attention over a sequence's own past keeps of it, so that nothing is computed twice."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from jaxtyping import Float, Int
from torch import Tensor

LEAST_ROOM = 16
"""Steps that a fresh cache has room for."""


class Past(ABC):
    """A value: advancing from it makes a new one, and leaves it as it was."""

    n_steps: int
    """Steps that came."""

    @abstractmethod
    def select(self, rows: Int[Tensor, "selected"]) -> "Past":
        """Return the past of some rows of the batch, in their order; a beam repeats and drops."""


@dataclass(eq=False)
class _Room:
    """Storage that several values look into; each sees no further than it did when it was made."""

    parts: tuple[Float[Tensor, "batch ... room _"], ...]
    n_filled: int


@dataclass(frozen=True, eq=False)
class StepCache(Past):
    """Keys and values of the steps that came, or whatever else was made of each of them.

    Room is doubled when it is full, so that n steps copy O(n) numbers in all, not O(n²). A step is
    written behind the last one in place; where another value has been written there already, a
    copy is made first.
    """

    n_steps: int
    n_kept: int
    """Steps that are still held: all of them, or at least as many as a window sees."""
    room: _Room

    @classmethod
    def of(cls, *parts: Float[Tensor, "batch ... time _"]) -> "StepCache":
        """Return the cache of the first steps."""
        nothing = _Room(tuple(part[..., :0, :] for part in parts), 0)
        return cls(0, 0, nothing).extended(*parts)

    @property
    def parts(self) -> tuple[Float[Tensor, "batch ... time _"], ...]:
        """What is held, the oldest step first."""
        return tuple(part[..., : self.n_kept, :] for part in self.room.parts)

    def extended(
        self, *parts: Float[Tensor, "batch ... time _"], n_needed: int | None = None
    ) -> "StepCache":
        """Return a cache that holds newer steps, and of the old at least `n_needed` (None: all)."""
        n_new = parts[0].shape[-2]
        # What autograd has seen must stay as it was: there each step makes room of its own.
        is_mine = self.room.n_filled == self.n_kept and not any(p.requires_grad for p in parts)
        if is_mine and self.n_kept + n_new <= self.room.parts[0].shape[-2]:
            room, n_old = self.room, self.n_kept
        else:
            n_old = self.n_kept if n_needed is None else min(self.n_kept, n_needed)
            room = self._roomier(n_old, max(LEAST_ROOM, 2 * (n_old + n_new)))
        room.n_filled = n_old + n_new
        for held, part in zip(room.parts, parts, strict=True):
            held[..., n_old : room.n_filled, :] = part
        return StepCache(self.n_steps + n_new, room.n_filled, room)

    def select(self, rows: Int[Tensor, "selected"]) -> "StepCache":
        """Return the past of some rows of the batch, in their order."""
        # Whole rows are copied, which `index_select` does several times faster than indexing.
        parts = tuple(part.index_select(0, rows) for part in self.room.parts)
        return StepCache(self.n_steps, self.n_kept, _Room(parts, self.n_kept))

    def _roomier(self, n_old: int, size: int) -> _Room:
        roomier = []
        for part in self.parts:
            held = part.new_empty(*part.shape[:-2], size, part.shape[-1])
            held[..., :n_old, :] = part[..., self.n_kept - n_old :, :]
            roomier.append(held)
        return _Room(tuple(roomier), n_old)


@dataclass(frozen=True, eq=False)
class LinearState(Past):
    """Sums over the steps that came: all that linear attention remembers, however many they are."""

    n_steps: int
    products: Float[Tensor, "batch head head_dim value_dim"]
    """Sum of φ(k_j) v_jᵀ, with a column of ones beside v: the last column is the sum of φ(k_j)."""

    def select(self, rows: Int[Tensor, "selected"]) -> "LinearState":
        """Return the past of some rows of the batch, in their order."""
        return LinearState(self.n_steps, self.products.index_select(0, rows))
