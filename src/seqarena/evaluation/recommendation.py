"""Where the item that a user chose next stands among those that a family finds probable."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import torch

from seqarena.batch import Batch, Sequences
from seqarena.data.candidates import Candidates
from seqarena.errors import DataError
from seqarena.evaluation.scoring import Columns, normalised, score_all
from seqarena.families.family import RecommenderFamily
from seqarena.metrics.ranking import ranks_of


def score_recommender(
    model: RecommenderFamily, test: Sequences, candidates: Candidates, batch_size: int
) -> pa.Table:
    """Return `row, id, n_scored, log_prob, item, n_better, n_ties, n_candidates` of every sequence.

    Its last step is the item to be found, what stands before it is what the model is asked about.
    `log_prob` [nats] is of that item among all, whatever is left out of the ranking.

    Raises:
        ConvergenceError: the probabilities of the items after a sequence do not sum to 1.
        DataError: a sequence has nothing before its last item.
    """

    def score(batch: Batch) -> Columns:
        history, right = without_last(batch)
        log_prob = normalised(model.next_log_prob(history), batch, "item").numpy()
        mask = candidates.mask(batch.rows.numpy(), right, log_prob.shape[1])
        ranks = ranks_of(log_prob, right, mask)
        return {
            "n_scored": [1] * len(batch),
            "log_prob": log_prob[np.arange(len(right)), right].tolist(),
            "item": right.tolist(),
            "n_better": ranks.n_better.tolist(),
            "n_ties": ranks.n_ties.tolist(),
            "n_candidates": ranks.n_candidates.tolist(),
        }

    return score_all(model, test, batch_size, score)


def without_last(batch: Batch) -> tuple[Batch, np.ndarray]:
    """Return the sequences without their last items, and these.

    Raises:
        DataError: a sequence has no other.
    """
    if batch.tokens is None:
        raise DataError("a batch of frames came where items were expected.")
    short = torch.nonzero(batch.lengths < 2)
    if len(short):
        raise DataError(
            f"row {int(batch.rows[short[0]])} has one item; one before it is needed to predict it."
        )
    lengths = batch.lengths - 1
    right = batch.tokens.gather(1, lengths[:, None])[:, 0]
    time = int(lengths.max())
    mask = torch.arange(time) < lengths[:, None]
    history = replace(
        batch,
        lengths=lengths,
        mask=mask,
        scored=mask,
        tokens=batch.tokens[:, :time].where(mask, 0),
    )
    return history, right.numpy()
