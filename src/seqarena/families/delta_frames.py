"""Frames with their slopes behind them, of a padded batch and of a whole split."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import frames_of, require_finite
from seqarena.inference.deltas import with_deltas


def frames_with_deltas(batch: Batch, dim: int, order: int) -> Float[Tensor, "batch time wider_dim"]:
    """Return the frames of a batch with `order` kinds of slopes; padding holds nothing of use.

    Raises:
        DataError: the batch holds tokens, frames of another size, or a number that is not finite.
    """
    frames = frames_of(batch, dim)
    if not order:
        return frames
    n, time = batch.mask.shape
    first = (torch.arange(n, device=frames.device) * time)[:, None].expand(n, time)
    last = first + batch.lengths[:, None] - 1
    wider = with_deltas(frames.flatten(0, 1), first.flatten(), last.flatten(), order)
    return wider.view(n, time, -1)


def sequences_with_deltas(sequences: Sequences, order: int) -> Sequences:
    """Return a split whose frames have `order` kinds of slopes.

    Raises:
        DataError: a frame is not finite.
    """
    if not order:
        return sequences
    first = torch.from_numpy(np.repeat(sequences.offsets[:-1], sequences.lengths))
    last = torch.from_numpy(np.repeat(sequences.offsets[1:] - 1, sequences.lengths))
    frames = torch.from_numpy(require_finite(sequences))
    return replace(sequences, features=with_deltas(frames, first, last, order).numpy())
