import math

import numpy as np
import pytest
import torch
from torch import nn

from seqarena.batch import Batch, collate_all, sequences_of
from seqarena.data.candidates import Candidates, item_lists_of
from seqarena.data.manifest import BestPossible
from seqarena.errors import ConvergenceError, DataError
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.predictions import metrics_of, read_predictions, write_predictions
from seqarena.evaluation.recommendation import without_last
from seqarena.schema import DataSchema

ITEMS = DataSchema("recommendation", n_symbols=4)
TEST = sequences_of([np.array([3, 1, 2]), np.array([0, 1])], scored_from=[2, 1], ids=("a", "b"))


class AfterLast(nn.Module):
    """Finds the items after the last one most probable in their order, and remembers the asked."""

    def __init__(self, log_probs: list[float]) -> None:
        super().__init__()
        self.log_probs, self.asked = log_probs, []

    def fit(self, train, valid, setting):
        raise NotImplementedError

    def n_free_parameters(self):
        return 0

    def step_log_prob(self, batch: Batch):
        raise NotImplementedError

    def log_prob(self, batch: Batch):
        raise NotImplementedError

    def next_log_prob(self, batch: Batch):
        last = batch.tokens.gather(1, batch.lengths[:, None] - 1)[:, 0]
        self.asked.extend(
            tokens[:length].tolist()
            for tokens, length in zip(batch.tokens, batch.lengths, strict=True)
        )
        places = (torch.arange(4) - last[:, None] - 1) % 4
        return torch.tensor(self.log_probs)[places]


def after_last(*probs: float) -> AfterLast:
    return AfterLast([math.log(each) if each else -math.inf for each in probs])


def test_the_model_is_asked_about_what_stands_before_the_last_item():
    model = after_last(0.4, 0.3, 0.2, 0.1)
    table = evaluate_model(model, TEST, ITEMS).predictions
    assert sorted(model.asked) == [[0], [3, 1]]
    # After 1 comes 2, first; after 0 comes 1.
    assert table["item"].to_pylist() == [2, 1]
    assert table["n_better"].to_pylist() == [0, 0]
    assert table["n_candidates"].to_pylist() == [4, 4]
    assert table["id"].to_pylist() == ["a", "b"]
    assert table["log_prob"].to_pylist() == pytest.approx([math.log(0.4)] * 2)


def test_what_is_left_out_of_the_ranking_has_no_place_in_it():
    model = after_last(0.1, 0.4, 0.3, 0.2)
    seen = item_lists_of([np.array([3, 1]), np.array([0])])
    negatives = item_lists_of([np.array([0]), np.array([2, 3])])
    ranks = [
        evaluate_model(model, TEST, ITEMS, gold=Gold(candidates=each))
        .predictions["n_better"]
        .to_pylist()
        for each in (None, Candidates(seen), Candidates(negatives=negatives))
    ]
    # After 1: 3 first, then 0, 1, and 2, the right one, last; after 0: 2, 3, 0, and 1 last.
    assert ranks == [[3, 3], [1, 2], [1, 2]]


def test_every_number_follows_from_the_stored_table(tmp_path):
    evaluation = evaluate_model(after_last(0.25, 0.25, 0.25, 0.25), TEST, ITEMS)
    write_predictions(tmp_path, evaluation.predictions)
    assert metrics_of(read_predictions(tmp_path), ITEMS) == evaluation.metrics
    metrics = evaluation.metrics
    assert metrics["bits_per_item"] == pytest.approx(2.0)
    assert (metrics["hit_rate_at_1"], metrics["candidates_per_user"]) == (0.25, 4.0)
    assert metrics["n_examples"] == 2


def test_an_item_that_was_ruled_out_is_flagged_and_still_has_a_rank():
    evaluation = evaluate_model(after_last(0.0, 0.5, 0.5, 0.0), TEST, ITEMS)
    assert evaluation.predictions["n_ties"].to_pylist() == [1, 1]
    assert evaluation.metrics["mrr"] == pytest.approx((1 / 3 + 1 / 4) / 2)
    assert evaluation.flags == (
        "bits_per_item: infinite, because the model gives probability 0 to something that stands "
        "in the test split (2 examples); smooth it.",
    )


def test_better_than_the_best_ranking_is_flagged():
    best = BestPossible(0.5, "of NDCG@10", 0.0, 0.5, 0.5, "by hand", on_test=0.6)
    (flag,) = evaluate_model(after_last(0.4, 0.3, 0.2, 0.1), TEST, ITEMS, best).flags
    assert flag.startswith("ndcg_at_10 1.0000 is better than the best possible 0.6000 by 0.4000")


def test_probabilities_that_do_not_sum_to_one_are_refused():
    with pytest.raises(ConvergenceError) as caught:
        evaluate_model(after_last(0.4, 0.3, 0.2, 0.2), TEST, ITEMS)
    assert str(caught.value) == (
        "the item probabilities of row 1 of the test split sum to 1.1; expected 1. "
        "Normalise them over the items."
    )


def test_a_family_without_a_next_step_is_refused():
    with pytest.raises(DataError) as caught:
        evaluate_model(nn.Linear(1, 1), TEST, ITEMS)
    assert str(caught.value) == (
        "Linear cannot do a recommendation task; choose a family that can."
    )


def test_a_sequence_of_one_item_has_nothing_before_it():
    with pytest.raises(DataError) as caught:
        without_last(collate_all(sequences_of([np.array([1, 2]), np.array([3])])))
    assert str(caught.value) == "row 1 has one item; one before it is needed to predict it."
    frames = collate_all(sequences_of([np.zeros((2, 1), dtype=np.float32)]))
    with pytest.raises(DataError) as caught:
        without_last(frames)
    assert str(caught.value) == "a batch of frames came where items were expected."
