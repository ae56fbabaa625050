"""How many weights must go before the decision changes."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from seqarena.attention.intervention import Attention, intervening
from seqarena.attribution.diagnostics.interventions import without_columns
from seqarena.attribution.diagnostics.predictions import predictions_of
from seqarena.batch import Batch, Sequences, collate

Scores = Float[np.ndarray, "column"]


def flip_sizes(
    model: object,
    attention: Attention,
    sequences: Sequences,
    row: int,
    rankings: Mapping[str, Scores],
) -> dict[str, int]:
    """Return the smallest number of top columns whose removal changes the decision, by ranking.

    Serrano & Smith (2019), section 5: the weights of the k highest columns are set to 0 and the
    rest scaled up, k = 1, 2, ...; the decision is the likeliest choice of the first output. One
    more than all columns but one: it never changes. One pass over as many copies as columns.

    Args:
        model: a classifier; the weights that are removed are those of `attention`.
        attention: of the model.
        sequences: where the example stands.
        row: of the example.
        rankings: scores of the example's columns, highest first to go.
    """
    n_columns = int(sequences.lengths[row])
    batch = collate(sequences, np.full(n_columns, row))
    return {
        name: _flip_size(lambda erased: _decisions(model, attention, batch, erased), scores)
        for name, scores in rankings.items()
    }


def _flip_size(
    decide: Callable[[Bool[np.ndarray, "copy column"]], Int[np.ndarray, "copy"]], scores: Scores
) -> int:
    """Copy k goes without its k highest columns; copy 0 is as it is."""
    n_columns = len(scores)
    rank = np.empty(n_columns, dtype=np.int64)
    rank[np.argsort(-scores, kind="stable")] = np.arange(n_columns)
    decisions = decide(rank[None] < np.arange(n_columns)[:, None])
    flipped = np.flatnonzero(decisions != decisions[0])
    return int(flipped[0]) if len(flipped) else n_columns


def _decisions(
    model: object, attention: Attention, batch: Batch, erased: Bool[np.ndarray, "copy column"]
) -> Int[np.ndarray, "copy"]:
    doors = {attention: without_columns(torch.from_numpy(erased))}
    with torch.no_grad(), intervening(doors):
        chosen: np.ndarray = predictions_of(model, batch).log_prob[:, 0].argmax(dim=-1).numpy()
    return chosen
