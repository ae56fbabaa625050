"""Refusals that the classical families share: each names the sequence, the step, the value."""

import math

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.batch import Batch, Sequences
from seqarena.errors import DataError, NotFittedError

_NOT_BINARY = "a Bernoulli emission takes only 0 and 1: threshold the frames, or set emission."
_NOT_COUNTS = (
    "a Poisson emission takes only whole numbers from 0 on: count in other units, or set emission."
)


def require_fitted(fitted: Tensor, family: str) -> None:
    """Raise unless the flag is set.

    Raises:
        NotFittedError: nothing was learned yet.
    """
    if not bool(fitted):
        raise NotFittedError(f"{family}: not fitted; call fit, or load a fitted state dict, first.")


def symbols_of(batch: Batch, n_symbols: int) -> Int[Tensor, "batch time"]:
    """Return the tokens of a batch.

    Raises:
        DataError: the batch holds frames, or a symbol is outside the alphabet.
    """
    if batch.tokens is None:
        raise DataError("a batch of frames came where tokens were expected; quantise it first.")
    # The least and the largest tell in a fraction of the time: padding is zero.
    least, largest = batch.tokens.aminmax()
    if int(least) >= 0 and int(largest) < n_symbols:
        return batch.tokens
    outside = batch.mask & ((batch.tokens < 0) | (batch.tokens >= n_symbols))
    for row, step in outside.nonzero()[:1].tolist():
        symbol = int(batch.tokens[row, step])
        raise _outside_alphabet(int(batch.rows[row]), step, symbol, n_symbols)
    return batch.tokens


def tags_of(batch: Batch, n_tags: int) -> Int[Tensor, "batch time"]:
    """Return the tags of a batch.

    Raises:
        DataError: the batch has none, or one of them is none of the task's.
    """
    if batch.tags is None:
        raise DataError("the batch has no tags; a tagger learns from them and is judged by them.")
    outside = batch.mask & ((batch.tags < 0) | (batch.tags >= n_tags))
    for row, step in outside.nonzero()[:1].tolist():
        raise DataError(
            f"sequence {int(batch.rows[row])}, step {step}: tag {int(batch.tags[row, step])} is "
            f"not one of 0 to {n_tags - 1}."
        )
    return batch.tags


def frames_of(batch: Batch, dim: int) -> Float[Tensor, "batch time dim"]:
    """Return the frames of a batch.

    Raises:
        DataError: the batch holds tokens, frames of another size, or a number that is not finite.
    """
    if batch.features is None:
        raise DataError("a batch of tokens came where frames were expected.")
    if batch.features.shape[2] != dim:
        raise DataError(f"frames of {batch.features.shape[2]} numbers came, {dim} were expected.")
    # One sum tells in a fraction of the time whether all are finite: padding is zero.
    if math.isfinite(batch.features.sum()):
        return batch.features
    wrong = batch.mask & ~torch.isfinite(batch.features).all(dim=2)
    for row, step in wrong.nonzero()[:1].tolist():
        raise _not_finite(int(batch.rows[row]), step, batch.features[row, step].cpu().numpy())
    return batch.features


def binary_frames_of(
    batch: Batch, dim: int, remedy: str = _NOT_BINARY
) -> Float[Tensor, "batch time dim"]:
    """Return the frames of a batch, all of them 0 or 1.

    Args:
        batch: of frames.
        dim: numbers of a frame.
        remedy: what an error says of who takes no other, and what to do.

    Raises:
        DataError: as `frames_of`, or a number is neither.
    """
    frames = frames_of(batch, dim)
    _require_kind(~((frames == 0) | (frames == 1)), batch, remedy)
    return frames


def count_frames_of(batch: Batch, dim: int) -> Float[Tensor, "batch time dim"]:
    """Return the frames of a batch, all of them whole numbers from 0 on.

    Raises:
        DataError: as `frames_of`, or a number is no count.
    """
    frames = frames_of(batch, dim)
    _require_kind((frames < 0) | (frames != frames.floor()), batch, _NOT_COUNTS)
    return frames


def require_binary(sequences: Sequences) -> Float[np.ndarray, "steps dim"]:
    """Return the frames of a split, all of them 0 or 1.

    Raises:
        DataError: names the first sequence, step, dimension and value that is neither.
    """
    frames = require_finite(sequences)
    _require_kind_at((frames != 0) & (frames != 1), sequences, _NOT_BINARY)
    return frames


def require_counts(sequences: Sequences) -> Float[np.ndarray, "steps dim"]:
    """Return the frames of a split, all of them whole numbers from 0 on.

    Raises:
        DataError: names the first sequence, step, dimension and value that is no count.
    """
    frames = require_finite(sequences)
    _require_kind_at((frames < 0) | (frames != np.floor(frames)), sequences, _NOT_COUNTS)
    return frames


def require_alphabet(sequences: Sequences, n_symbols: int) -> None:
    """Raise unless every symbol of a split is inside the alphabet.

    Raises:
        DataError: names the first sequence, step and symbol that is not.
    """
    if sequences.tokens is None:
        raise DataError("frames came where tokens were expected; quantise them first.")
    for at in np.flatnonzero((sequences.tokens < 0) | (sequences.tokens >= n_symbols))[:1]:
        row, step = place_in(sequences, int(at))
        raise _outside_alphabet(row, step, int(sequences.tokens[at]), n_symbols)


def require_finite(sequences: Sequences) -> Float[np.ndarray, "steps dim"]:
    """Return the frames of a split, all of them finite.

    Raises:
        DataError: names the first sequence, step and dimension that is not finite.
    """
    if sequences.features is None:
        raise DataError("tokens came where frames were expected.")
    for at in np.flatnonzero(~np.isfinite(sequences.features).all(axis=1))[:1]:
        raise _not_finite(*place_in(sequences, int(at)), sequences.features[at])
    return sequences.features


def require_explained(
    batch: Batch, step_log_prob: Float[Tensor, "batch time"], family: str
) -> None:
    """Raise when a sequence has probability zero: nothing can be learned or read from it.

    Raises:
        DataError: names the first such sequence, its first impossible step and the value there.
    """
    for row, step in (step_log_prob.isneginf() & batch.mask).nonzero()[:1].tolist():
        values = batch.tokens if batch.tokens is not None else batch.features
        value = None if values is None else values[row, step].tolist()
        raise DataError(
            f"sequence {int(batch.rows[row])}, step {step}: {value} is impossible after what came "
            f"before it: no path of the {family} explains it; use a pseudo_count above 0, "
            "another topology, or drop the sequence."
        )


def require_varied(frames: Float[np.ndarray, "steps dim"]) -> None:
    """Raise when a dimension never varies: its density would be infinite.

    Raises:
        DataError: names the dimension and its only value.
    """
    for dimension in np.flatnonzero(frames.min(axis=0) == frames.max(axis=0))[:1]:
        raise DataError(
            f"dimension {dimension} of the training frames is {frames[0, dimension]:g} at every "
            "step: its variance is 0 and a covariance with it is singular; drop the dimension."
        )


def _require_kind(wrong: Tensor, batch: Batch, remedy: str) -> None:
    """Raise for the first number of a batch that is marked."""
    if batch.features is None or not bool(wrong.any()):
        return
    for row, step, dimension in (wrong & batch.mask[..., None]).nonzero()[:1].tolist():
        value = float(batch.features[row, step, dimension])
        raise _wrong_kind(int(batch.rows[row]), step, dimension, value, remedy)


def _require_kind_at(
    wrong: Bool[np.ndarray, "steps dim"], sequences: Sequences, remedy: str
) -> None:
    """Raise for the first number of a split that is marked."""
    for at in np.flatnonzero(wrong.any(axis=1))[:1]:
        dimension = int(np.flatnonzero(wrong[at])[0])
        row, step = place_in(sequences, int(at))
        raise _wrong_kind(row, step, dimension, float(sequences.values[at, dimension]), remedy)


def _wrong_kind(row: int, step: int, dimension: int, value: float, remedy: str) -> DataError:
    return DataError(f"sequence {row}, step {step}: dimension {dimension} is {value:g}; {remedy}")


def place_in(sequences: Sequences, at: int) -> tuple[int, int]:
    """Return the sequence, and the step within it, of a step counted over the whole split."""
    row = int(np.searchsorted(sequences.offsets, at, side="right")) - 1
    return row, int(at - sequences.offsets[row])


def _outside_alphabet(row: int, step: int, symbol: int, n_symbols: int) -> DataError:
    return DataError(
        f"sequence {row}, step {step}: symbol {symbol} is outside the alphabet "
        f"(0 to {n_symbols - 1}); map unknown symbols to one inside."
    )


def _not_finite(row: int, step: int, frame: np.ndarray) -> DataError:
    dimension = int(np.flatnonzero(~np.isfinite(frame))[0])
    return DataError(
        f"sequence {row}, step {step}: dimension {dimension} is {frame[dimension]}; "
        "frames must be finite: repair or drop the sequence."
    )
