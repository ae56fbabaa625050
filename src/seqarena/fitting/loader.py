"""Loaders that Lightning runs: each process takes its share of every global batch."""

from collections.abc import Callable, Iterator, Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from seqarena.batch import Batch, Sequences, collate
from seqarena.data.batching import Rows, plan_epoch, plan_evaluation, share_of
from seqarena.fitting.processes import n_processes, rank


class Share:
    """What one process does of a global batch.

    Not a dataclass: Lightning walks through dataclasses tensor by tensor, and refuses frozen ones.
    """

    __slots__ = ("batch", "completes", "counts", "n_padded", "n_real", "split")

    def __init__(
        self,
        batch: Batch,
        split: str,
        counts: bool,
        n_real: int,
        n_padded: int,
        completes: bool = True,
    ) -> None:
        self.batch = batch
        self.split = split
        self.counts = counts
        """False: a stand-in. Every process must take part in every step, or the others would wait
        for it; where there are fewer examples than processes, some work on one that is not theirs
        and count it as nothing."""
        self.n_real = n_real
        """Real steps, those of the targets included."""
        self.n_padded = n_padded
        """Steps with the padding."""
        self.completes = completes
        """The last pass of this process over its part of the global batch."""

    def with_batch(self, batch: Batch) -> "Share":
        """Return the share with another form of its batch: on another device, say."""
        return Share(batch, self.split, self.counts, self.n_real, self.n_padded, self.completes)


@runtime_checkable
class Loader(Protocol):
    """The shares of this process in the order of an epoch."""

    @property
    def n_batches(self) -> int:
        """Global batches of an epoch: optimiser steps, or mini-batches."""
        ...

    @property
    def n_passes(self) -> int:
        """Passes of a process over its part of a global batch."""
        ...

    def __len__(self) -> int:
        """Return the number of shares."""
        ...

    def __iter__(self) -> Iterator[Share]:
        """Yield this process's share of each."""
        ...


class TrainingLoader:
    """The shares of this process in the order of an epoch, which `epoch` tells.

    A share of more than `max_per_pass` sequences is cut into several passes: as many for each
    global batch of the epoch and on each process, so that all processes step together.
    """

    def __init__(
        self,
        sequences: Sequences,
        batch_size: int,
        seed: int,
        epoch: Callable[[], int],
        max_per_pass: int | None = None,
    ) -> None:
        self._sequences = sequences
        self._lengths = cost_lengths(sequences)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        self._max_per_pass = max_per_pass

    def __len__(self) -> int:
        return self.n_batches * self.n_passes

    @property
    def n_batches(self) -> int:
        """Global batches of an epoch: optimiser steps, or mini-batches."""
        return -(-len(self._sequences) // self._batch_size)

    @property
    def n_passes(self) -> int:
        """Passes of a process over its part of a global batch; asked when processes have met."""
        return _n_passes(min(self._batch_size, len(self._sequences)), self._max_per_pass)

    def __iter__(self) -> Iterator[Share]:
        # Lightning asks for the iterator long before the epoch begins, and for its first share
        # when it has begun: the plan must be made here, inside the generator.
        plan = plan_epoch(self._lengths, self._batch_size, self._seed, self._epoch())
        n_passes = self.n_passes
        for batch in plan:
            for index, part in enumerate(_own_passes(batch, n_passes), 1):
                yield _share(self._sequences, part, batch[:1], "train", index == n_passes)


class EvaluationLoader:
    """The shares of this process in every split of `splits`, shortest sequences first.

    A share of more than `max_per_pass` sequences is cut into several, as in training.
    """

    def __init__(
        self,
        splits: Mapping[str, Sequences],
        batch_size: int,
        max_per_pass: int | None = None,
    ) -> None:
        self.splits = list(splits)
        self._max_per_pass = max_per_pass
        self._plan = [
            (split, sequences, batch)
            for split, sequences in splits.items()
            for batch in plan_evaluation(cost_lengths(sequences), batch_size)
        ]

    def __len__(self) -> int:
        return sum(_n_passes(len(batch), self._max_per_pass) for _, _, batch in self._plan)

    def __iter__(self) -> Iterator[Share]:
        for split, sequences, batch in self._plan:
            for part in _own_passes(batch, _n_passes(len(batch), self._max_per_pass)):
                yield _share(sequences, part, batch[:1], split)


def cost_lengths(sequences: Sequences) -> Rows:
    """Return what the cost of each sequence grows with: its steps and those of its target."""
    if sequences.target is None:
        return sequences.lengths
    return np.asarray(sequences.lengths + sequences.target.lengths)


def share_for_process(sequences: Sequences, global_batch: Rows, split: str) -> Share:
    """Return what this process takes of a global batch; a stand-in where nothing is left for it."""
    rows = share_of(global_batch, rank(), n_processes())
    return _share(sequences, rows, global_batch[:1], split)


def _n_passes(n_sequences: int, max_per_pass: int | None) -> int:
    """Return how many passes the largest share of a global batch of so many sequences takes."""
    largest = -(-n_sequences // n_processes())
    return 1 if max_per_pass is None else -(-largest // max_per_pass)


def _own_passes(global_batch: Rows, n_passes: int) -> list[Rows]:
    """Return what this process takes of a global batch in each pass; some may be empty."""
    rows = share_of(global_batch, rank(), n_processes())
    return [rows] if n_passes == 1 else np.array_split(rows, n_passes)


def _share(
    sequences: Sequences, rows: Rows, stand_in: Rows, split: str, completes: bool = True
) -> Share:
    if not len(rows):
        return Share(collate(sequences, stand_in), split, False, 0, 0, completes)
    batch = collate(sequences, rows)
    parts = [part for part in (batch, batch.target) if part is not None]
    n_real = sum(int(part.lengths.sum()) for part in parts)
    n_padded = sum(part.mask.numel() for part in parts)
    return Share(batch, split, True, n_real, n_padded, completes)
