"""What a self-attention keeps of the steps that came, so that nothing is computed twice."""

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

    key: Float[Tensor, "batch head room head_dim"]
    value: Float[Tensor, "batch head room head_dim"]
    n_filled: int


@dataclass(frozen=True, eq=False)
class KeyValueCache(Past):
    """Keys and values of the steps that came.

    Room is doubled when it is full, so that n steps copy O(n) numbers in all, not O(n²). A step is
    written behind the last one in place; where another value has been written there already, a
    copy is made first.
    """

    n_steps: int
    n_kept: int
    """Steps that are still held: all of them, or at least as many as a window sees."""
    room: _Room

    @classmethod
    def of(cls, key: Tensor, value: Tensor) -> "KeyValueCache":
        """Return the cache of the first steps."""
        return cls(0, 0, _Room(key[:, :, :0], value[:, :, :0], 0)).extended(key, value, None)

    @property
    def key(self) -> Float[Tensor, "batch head time head_dim"]:
        """The keys that are held, oldest first."""
        return self.room.key[:, :, : self.n_kept]

    @property
    def value(self) -> Float[Tensor, "batch head time head_dim"]:
        """The values that are held, oldest first."""
        return self.room.value[:, :, : self.n_kept]

    def extended(
        self,
        key: Float[Tensor, "batch head time head_dim"],
        value: Float[Tensor, "batch head time head_dim"],
        n_needed: int | None,
    ) -> "KeyValueCache":
        """Return a cache that holds newer steps, and of the old at least `n_needed` (None: all)."""
        n_new = key.shape[2]
        # What autograd has seen must stay as it was: there each step makes room of its own.
        is_mine = self.room.n_filled == self.n_kept and not key.requires_grad
        if is_mine and self.n_kept + n_new <= self.room.key.shape[2]:
            room, n_old = self.room, self.n_kept
        else:
            n_old = self.n_kept if n_needed is None else min(self.n_kept, n_needed)
            room = self._roomier(n_old, max(LEAST_ROOM, 2 * (n_old + n_new)))
        room.n_filled = n_old + n_new
        room.key[:, :, n_old : room.n_filled] = key
        room.value[:, :, n_old : room.n_filled] = value
        return KeyValueCache(self.n_steps + n_new, room.n_filled, room)

    def select(self, rows: Int[Tensor, "selected"]) -> "KeyValueCache":
        """Return the past of some rows of the batch, in their order."""
        # Whole rows are copied, which `index_select` does several times faster than indexing.
        key, value = (each.index_select(0, rows) for each in (self.room.key, self.room.value))
        return KeyValueCache(self.n_steps, self.n_kept, _Room(key, value, self.n_kept))

    def _roomier(self, n_old: int, size: int) -> _Room:
        batch, head, _, head_dim = self.room.key.shape
        key, value = (
            old.new_empty(batch, head, size, head_dim) for old in (self.room.key, self.room.value)
        )
        key[:, :, :n_old] = self.key[:, :, self.n_kept - n_old :]
        value[:, :, :n_old] = self.value[:, :, self.n_kept - n_old :]
        return _Room(key, value, n_old)


@dataclass(frozen=True, eq=False)
class LinearState(Past):
    """Sums over the steps that came: all that linear attention remembers, however many they are."""

    n_steps: int
    products: Float[Tensor, "batch head head_dim value_dim"]
    """Sum of φ(k_j) v_jᵀ, with a column of ones beside v: the last column is the sum of φ(k_j)."""

    def select(self, rows: Int[Tensor, "selected"]) -> "LinearState":
        """Return the past of some rows of the batch, in their order."""
        return LinearState(self.n_steps, self.products.index_select(0, rows))
