"""What examples are told apart by in every task: how long they are, and how rare what is asked."""

import numpy as np
import pyarrow as pa
from jaxtyping import Float, Int

from seqarena.schema import DataSchema
from seqarena.sequences import Sequences

LENGTH_COLUMN, RARITY_COLUMN = "n_steps", "rarity"


def with_strata(
    predictions: pa.Table, test: Sequences, train: Sequences, schema: DataSchema
) -> pa.Table:
    """Return the predictions with `n_steps`, the length of each input, and `rarity` [bits].

    Rarity is -log2 of the share that a gold symbol, item, tag or label has in the training split
    (one added to each count), mean over those of the example that are scored. Frames and links have
    none, and no such column.
    """
    rows = predictions["row"].to_numpy()
    table = predictions.append_column(LENGTH_COLUMN, pa.array(test.lengths[rows], pa.int64()))
    rarity = rarity_of(test, train, schema)
    if rarity is None:
        return table
    return table.append_column(RARITY_COLUMN, pa.array(rarity[rows], pa.float64()))


def rarity_of(
    test: Sequences, train: Sequences, schema: DataSchema
) -> Float[np.ndarray, "examples"] | None:
    """Return how rare what is asked of each test example is, in the training split [bits]."""
    gold, seen = _gold(test, schema), _gold(train, schema)
    if gold is None or seen is None:
        return None
    (values, owners), (seen_values, _) = gold, seen
    n_kinds = int(max(values.max(initial=0), seen_values.max(initial=0))) + 1
    counts = np.bincount(seen_values, minlength=n_kinds) + 1.0
    surprise = -np.log2(counts / counts.sum())[values]
    n_own = np.bincount(owners, minlength=len(test))
    rarity: np.ndarray = np.bincount(owners, surprise, len(test)) / np.maximum(n_own, 1)
    return rarity


_Gold = tuple[Int[np.ndarray, "values"], Int[np.ndarray, "values"]]


def _gold(sequences: Sequences, schema: DataSchema) -> _Gold | None:
    """Return every value that is asked for, and the example that each belongs to."""
    own = np.arange(len(sequences))
    match schema.task_kind:
        case "classification" if sequences.labels is not None:
            return sequences.labels.astype(np.int64), own
        case "tagging" if sequences.tags is not None:
            return _scored(sequences, sequences.tags)
        case "density" if sequences.tokens is not None:
            return _scored(sequences, sequences.tokens)
        case "recommendation" if sequences.tokens is not None:
            return sequences.tokens[sequences.offsets[1:] - 1].astype(np.int64), own
        case "transduction" if sequences.target is not None:
            return _scored(sequences.target, sequences.target.values)
        case _:
            return None


def _scored(sequences: Sequences, values: Int[np.ndarray, "steps"]) -> _Gold:
    owners = np.repeat(np.arange(len(sequences)), sequences.lengths)
    chosen = np.ones(len(owners), dtype=bool)
    if sequences.scored_steps is not None:
        chosen = sequences.scored_steps
    elif sequences.scored_from is not None:
        places = np.arange(len(owners)) - sequences.offsets[:-1][owners]
        chosen = places >= sequences.scored_from[owners]
    return values[chosen].astype(np.int64), owners[chosen]
