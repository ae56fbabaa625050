"""Fitting long sequences by pieces: truncated back-propagation with a carried state.

Each lane of a batch goes on where it stood in the batch before, so that a loss is computed with all
of the past in the state, and its gradient through the present piece alone (Williams & Peng 1990).
"""

import hashlib
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Bool, Int
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.data.batching import plan_streams
from seqarena.data.windows import training_windows
from seqarena.errors import DataError
from seqarena.fitting.gradient import GradientFit, fit_module
from seqarena.fitting.loader import Share, share_for_process
from seqarena.fitting.protocols import FitReport, FitSetting, Objective, OptimiserConfig


@runtime_checkable
class StreamModel(Protocol):
    """A `GradientModel` that can go on from what it has read."""

    def objective_from(
        self, batch: Batch, carried: Any | None, continues: Bool[Tensor, "batch"]
    ) -> tuple[Objective, Any]:
        """Return the loss of a batch, and what is known after it, cut off from its gradients.

        Args:
            batch: a piece of each lane.
            carried: what was known after the batch before, which had these lanes first; None: it is
                the first.
            continues: True where the lane goes on in the same sequence; it begins anew elsewhere.
        """
        ...


class StreamLoader:
    """The pieces of this process's lanes in the order of an epoch, which `epoch` tells."""

    def __init__(
        self,
        sequences: Sequences,
        window: int,
        batch_size: int,
        seed: int,
        epoch: Callable[[], int],
    ) -> None:
        self.pieces, self._n_pieces = cut_into_pieces(sequences, window)
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = epoch
        first = np.cumsum(self._n_pieces) - self._n_pieces
        self._is_first = np.zeros(len(self.pieces), dtype=bool)
        self._is_first[first] = True

    n_passes = 1
    """Lanes are carried together."""

    def __len__(self) -> int:
        return self.n_batches

    @property
    def n_batches(self) -> int:
        """Global batches of an epoch: optimiser steps."""
        return -(-len(self.pieces) // self._batch_size)

    def __iter__(self) -> Iterator[Share]:
        # The epoch is known when the first share is drawn: see `TrainingLoader`.
        for rows in plan_streams(self._n_pieces, self._batch_size, self._seed, self._epoch()):
            yield share_for_process(self.pieces, rows, "train")

    def continues(
        self, rows: Int[Tensor, "lanes"], before: Int[Tensor, "lanes_before"]
    ) -> Bool[Tensor, "lanes"]:
        """Say which lanes go on in the sequence that they were in at rows `before`."""
        is_next = rows == before[: len(rows)] + 1
        return is_next & ~torch.from_numpy(self._is_first)[rows]


class StreamFit(GradientFit):
    """A gradient fit whose batches go on from one another."""

    can_cut_batches = False

    def __init__(
        self,
        model: nn.Module,
        optimiser: OptimiserConfig,
        window: int,
        train: Sequences,
        valid: Sequences,
        setting: FitSetting,
    ) -> None:
        super().__init__(model, optimiser, train, valid, setting)
        self.window = window
        self.lanes = StreamLoader(
            train,
            window,
            setting.training.batch_size,
            setting.seed,
            epoch=lambda: self.current_epoch,
        )
        self.train_loader = self.lanes
        self._rows: Int[Tensor, "lanes"] | None = None
        self._carried: Any | None = None

    def on_train_epoch_start(self) -> None:
        """Begin the sums and the lanes of the epoch: nothing is carried over its start."""
        super().on_train_epoch_start()
        self._rows = self._carried = None

    def objective_of(self, share: Share) -> Objective:
        """Return the loss of a batch, read on from the one before."""
        rows = share.batch.rows.cpu()
        before = rows if self._rows is None else self._rows
        continues = self.lanes.continues(rows, before).to(share.batch.mask.device)
        objective: Objective
        objective, self._carried = self.model.objective_from(share.batch, self._carried, continues)
        self._rows = rows
        return objective

    @cached_property
    def identity(self) -> str:
        """Digest of all that this fit depends on, the length of a piece included."""
        return hashlib.sha256(f"{super().identity} {self.window}".encode()).hexdigest()


def fit_stream_by_gradient(
    model: nn.Module,
    optimiser: OptimiserConfig,
    window: int,
    train: Sequences,
    valid: Sequences,
    setting: FitSetting,
) -> FitReport:
    """Fit `model` (a `StreamModel`) to long sequences, as `fit_by_gradient` does to short ones.

    Args:
        model: to be fitted.
        optimiser: how.
        window: steps of a piece: gradients go back no further [steps].
        train: sequences of any length; `batch_size` lanes run through them side by side.
        valid: sequences of any length, each read from its beginning to its end.
        setting: as for any fit.

    Raises:
        ConvergenceError: as `fit_by_gradient`.
        ArtifactError: as `fit_by_gradient`.
        DataError: the training sequences have context steps, which a stream has no place for.
    """
    return fit_module(StreamFit(model, optimiser, window, train, valid, setting))


def cut_into_pieces(
    sequences: Sequences, window: int
) -> tuple[Sequences, Int[np.ndarray, "sequences"]]:
    """Return the pieces of all sequences in order, without a copy, and how many each has.

    Raises:
        DataError: a sequence has context steps: in a stream the context is what was read before.
    """
    if sequences.scored_from is not None and sequences.scored_from.any():
        raise DataError(
            "a training sequence of a stream begins with context steps; in a stream all steps are "
            "scored, and the context is what was read before."
        )
    cuts = [training_windows(int(length), window) for length in sequences.lengths]
    n_pieces = np.array([len(each) for each in cuts], dtype=np.int64)
    ends = [
        start + piece.end
        for start, each in zip(sequences.offsets[:-1], cuts, strict=True)
        for piece in each
    ]
    offsets = np.array([0, *ends], dtype=np.int64)
    return Sequences(offsets, tokens=sequences.tokens, features=sequences.features), n_pieces
