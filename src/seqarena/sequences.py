"""Sequences of unequal length, ragged in memory: without torch, so that data is read without it.

One array of values and one of offsets, exactly the columns of an Arrow list array.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from seqarena.errors import DataError

Rows = Int[np.ndarray, "rows"]


@dataclass(frozen=True)
class Sequences:
    """A split: ragged sequences of tokens or of feature frames, with what belongs to each."""

    offsets: Int[np.ndarray, "sequences_plus_1"]
    """Sequence i is `values[offsets[i]:offsets[i + 1]]`."""
    tokens: Int[np.ndarray, "steps"] | None = None
    features: Float[np.ndarray, "steps dim"] | None = None
    labels: Int[np.ndarray, "sequences"] | None = None
    tags: Int[np.ndarray, "steps"] | None = None
    """One for each step (tagging)."""
    target: "Sequences | None" = None
    scored_from: Int[np.ndarray, "sequences"] | None = None
    """First step of each sequence that is scored; the steps before are context. None: all are."""
    scored_steps: Bool[np.ndarray, "steps"] | None = None
    """Steps whose tag is asked for (tagging); None: all are."""
    ids: tuple[str, ...] = ()
    """Name of each sequence, stable across runs; empty when nobody needs it."""

    def __post_init__(self) -> None:
        if (self.tokens is None) == (self.features is None):
            raise DataError("a sequence set holds either tokens or features, exactly one of them.")
        if self.values.shape[0] != int(self.offsets[-1]):
            raise DataError(
                f"{self.values.shape[0]} steps of values, but the offsets end at "
                f"{self.offsets[-1]}."
            )
        empty = np.flatnonzero(self.lengths == 0)
        if empty.size:
            raise DataError(f"sequence {empty[0]} of {len(self)} is empty; drop it first.")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def values(self) -> np.ndarray:
        """Tokens or features, whichever is there."""
        return self.tokens if self.tokens is not None else _present(self.features)

    @property
    def lengths(self) -> Int[np.ndarray, "sequences"]:
        """Steps of each sequence."""
        return np.diff(self.offsets)

    @property
    def n_steps(self) -> int:
        """Steps in all."""
        return int(self.offsets[-1])

    @property
    def n_scored(self) -> Int[np.ndarray, "sequences"]:
        """Scored steps of each sequence."""
        if self.scored_steps is not None:
            return np.add.reduceat(self.scored_steps.astype(np.int64), self.offsets[:-1])
        return self.lengths if self.scored_from is None else self.lengths - self.scored_from

    def sequence(self, row: int) -> np.ndarray:
        """Return the values of one sequence, without a copy."""
        return self.values[self.offsets[row] : self.offsets[row + 1]]

    def tags_of(self, row: int) -> Int[np.ndarray, "time"]:
        """Return the tags of one sequence, without a copy.

        Raises:
            DataError: there are none.
        """
        if self.tags is None:
            raise DataError("these sequences have no tags; a tagging task gives one for each step.")
        return self.tags[self.offsets[row] : self.offsets[row + 1]]

    def select(self, rows: Rows) -> "Sequences":
        """Return the sequences of `rows`, in that order, as a set of their own."""
        values = np.concatenate([self.sequence(int(row)) for row in rows])
        steps = np.concatenate([np.arange(*self.offsets[row : row + 2]) for row in rows])
        return Sequences(
            offsets=np.concatenate([[0], np.cumsum(self.lengths[rows])]).astype(np.int64),
            tokens=values if self.tokens is not None else None,
            features=values if self.features is not None else None,
            labels=None if self.labels is None else self.labels[rows],
            tags=None if self.tags is None else self.tags[steps],
            target=None if self.target is None else self.target.select(rows),
            scored_from=None if self.scored_from is None else self.scored_from[rows],
            scored_steps=None if self.scored_steps is None else self.scored_steps[steps],
            ids=tuple(self.ids[row] for row in rows) if self.ids else (),
        )


def sequences_of(
    values: list[np.ndarray],
    labels: list[int] | None = None,
    target: Sequences | None = None,
    scored_from: list[int] | None = None,
    ids: tuple[str, ...] = (),
    tags: list[np.ndarray] | None = None,
    scored_steps: list[np.ndarray] | None = None,
) -> Sequences:
    """Build a split from one array per sequence: (time,) of integers, or (time, dim) of floats.

    Raises:
        DataError: no sequence, an empty one, or one that has not as many tags as steps.
    """
    if not values:
        raise DataError("no sequence was given; at least one is needed.")
    for row, (value, own) in enumerate(zip(values, tags or values, strict=True)):
        if len(own) != len(value):
            raise DataError(
                f"sequence {row}: {len(own)} tags for {len(value)} steps; each needs one."
            )
    joined = np.concatenate(values)
    is_tokens = np.issubdtype(joined.dtype, np.integer)
    return Sequences(
        offsets=np.concatenate([[0], np.cumsum([len(value) for value in values])]).astype(np.int64),
        tokens=joined.astype(np.int64) if is_tokens else None,
        features=None if is_tokens else joined.astype(np.float32),
        labels=None if labels is None else np.asarray(labels, dtype=np.int64),
        tags=None if tags is None else np.concatenate(tags).astype(np.int64),
        target=target,
        scored_from=None if scored_from is None else np.asarray(scored_from, dtype=np.int64),
        scored_steps=None if scored_steps is None else np.concatenate(scored_steps),
        ids=ids,
    )


def _present(array: np.ndarray | None) -> np.ndarray:
    if array is None:
        raise DataError("neither tokens nor features are present.")
    return array
