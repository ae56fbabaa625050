"""Sentence pairs as an aligner takes them: what it reads of a split or batch, what it refuses."""

import numpy as np
import torch
from torch import Tensor

from seqarena.batch import Batch, Sequences, collate
from seqarena.errors import DataError
from seqarena.families.aligner_direction import Ragged
from seqarena.families.guards import symbols_of
from seqarena.inference.alignment_pairs import Side
from seqarena.schema import DataSchema


def alphabets_of(schema: DataSchema) -> tuple[int, int, int]:
    """Return the sizes of both alphabets, and the end symbol of the targets.

    Raises:
        DataError: the schema lacks one of them.
    """
    n_symbols, n_targets, end = schema.n_symbols, schema.n_target_symbols, schema.target_end
    if n_symbols is None or n_targets is None or end is None:
        raise DataError(
            "the schema of an alignment task must say n_symbols, n_target_symbols and target_end."
        )
    return n_symbols, n_targets, end


def targets_of(sequences: Sequences) -> Sequences:
    """Return the target sentences of a split.

    Raises:
        DataError: it has none.
    """
    if sequences.target is None:
        raise DataError("the split holds no targets; an aligner is fitted to sentence pairs.")
    return sequences.target


def target_batch_of(batch: Batch) -> Batch:
    """Return the target sentences of a batch.

    Raises:
        DataError: it has none.
    """
    if batch.target is None:
        raise DataError("the batch holds no targets; an aligner links the words of sentence pairs.")
    return batch.target


def ragged_words(sequences: Sequences, end: int | None) -> Ragged:
    """Return offsets and words, the end symbol taken out."""
    tokens = np.asarray(sequences.tokens)
    kept = np.ones(len(tokens), dtype=bool) if end is None else tokens != end
    offsets = np.concatenate([[0], np.cumsum(kept)])[sequences.offsets]
    return torch.from_numpy(offsets), torch.from_numpy(tokens[kept])


def sides_of(batch: Batch, n_symbols: int, n_target_symbols: int, end: int) -> tuple[Side, Side]:
    """Return the words of the sources and of the targets, the end symbol masked out.

    Raises:
        DataError: a symbol outside its alphabet, or no target.
    """
    target = target_batch_of(batch)
    symbols = symbols_of(batch, n_symbols)
    words = symbols_of(target, n_target_symbols)
    return Side(symbols, batch.mask), Side(words, target.mask & (words != end))


def require_short(batch: Batch, longest: tuple[int, int]) -> None:
    """Raise when a sentence is longer than the schema says.

    Raises:
        DataError: names the first such sentence and its length.
    """
    sides = (("source", batch, longest[0]), ("target", target_batch_of(batch), longest[1]))
    for name, side, most in sides:
        for row in (side.lengths > most).nonzero()[:1, 0].tolist():
            raise DataError(
                f"sequence {int(batch.rows[row])}: its {name} has {int(side.lengths[row])} "
                f"steps, and the schema says at most {most}; prepare the task again."
            )


def are_rows_of(batch: Batch, sequences: Sequences) -> bool:
    """Say whether a batch holds the sentence pairs that stand in these rows of a split."""
    if int(batch.rows.max()) >= len(sequences):
        return False
    same = collate(sequences, batch.rows.cpu().numpy())
    pairs = ((same, batch), (target_batch_of(same), target_batch_of(batch)))
    return all(_equal(one.tokens, other.tokens) for one, other in pairs)


def _equal(one: Tensor | None, other: Tensor | None) -> bool:
    if one is None or other is None:
        return False
    return one.shape == other.shape and bool((one == other.to(one.device)).all())
