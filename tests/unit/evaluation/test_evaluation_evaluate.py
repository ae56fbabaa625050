import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from seqarena.batch import Batch, Sequences, sequences_of
from seqarena.data.links import Links, links_of
from seqarena.data.manifest import BestPossible
from seqarena.errors import ConvergenceError, DataError
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.predictions import metrics_of, read_predictions, write_predictions
from seqarena.families.family import Generation
from seqarena.schema import DataSchema

DENSITY = DataSchema("density", n_symbols=4)
CLASSES = DataSchema("classification", n_symbols=4, n_classes=3)
TAGS = DataSchema("tagging", n_symbols=4, n_tags=4)
LINKS = DataSchema("alignment", n_symbols=4, n_target_symbols=5, target_end=4)
DATES = DataSchema("transduction", n_target_symbols=5, target_end=4, max_target_length=6)


class Fitted(nn.Module):
    """What every family has besides its answers."""

    def fit(self, train, valid, setting):
        raise NotImplementedError

    def n_free_parameters(self):
        return 0


class Uniform(Fitted):
    """Gives every symbol log-probability `step`, and remembers how it was asked."""

    def __init__(self, step: float = -math.log(4)) -> None:
        super().__init__()
        self.step, self.asked = step, []

    def step_log_prob(self, batch: Batch):
        return torch.full(batch.mask.shape, self.step).where(batch.mask, 0.0)

    def log_prob(self, batch: Batch):
        self.asked.append(
            (self.training, torch.is_inference_mode_enabled(), batch.mask.float().mean())
        )
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)


class LastSymbolClassifier(Fitted):
    """Says 3/4 for the label that the last symbol spells."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def class_log_prob(self, batch: Batch):
        last = batch.tokens.gather(1, batch.lengths[:, None] - 1)
        return (torch.full((len(batch), 3), 0.125).scatter(1, last, 0.75) * self.scale).log()

    def log_prob(self, batch: Batch):
        return self.class_log_prob(batch).gather(1, batch.labels[:, None])[:, 0]


class Namer(Fitted):
    """Tags every symbol with itself, and is half sure of each."""

    def log_prob(self, batch: Batch):
        return -batch.lengths.double() * math.log(2)

    def tag_probs(self, batch: Batch):
        raise NotImplementedError

    def tag(self, batch: Batch):
        return batch.tokens


class Copier(Fitted):
    """Writes its input, then the end symbol."""

    def log_prob(self, batch: Batch):
        return -batch.target.lengths.float()

    def generate(self, batch: Batch, max_length: int):
        rows = [
            [*tokens[:length], 4]
            for tokens, length in zip(batch.tokens.tolist(), batch.lengths.tolist(), strict=True)
        ]
        padded = [row + [0] * (max_length - len(row)) for row in rows]
        return Generation(torch.tensor(padded), batch.lengths + 1)


def best(value: float, standard_error: float = 0.0, on_test: float | None = None):
    return BestPossible(value, "bits", standard_error, value, value, "by hand", on_test)


def ragged(*rows: list[int], **extra) -> Sequences:
    return sequences_of([np.array(row) for row in rows], **extra)


def test_bits_are_pooled_over_scored_steps_and_rows_keep_their_order():
    test = ragged([0, 1, 2, 3, 0], [1], [2, 2, 2], scored_from=[2, 0, 0], ids=("a", "b", "c"))
    evaluation = evaluate_model(Uniform(), test, DENSITY, batch_size=2)
    assert evaluation.metrics["bits_per_step"] == pytest.approx(2.0)
    assert evaluation.metrics["n_scored"] == 7
    assert evaluation.predictions["id"].to_pylist() == ["a", "b", "c"]
    assert evaluation.predictions["row"].to_pylist() == [0, 1, 2]
    assert evaluation.predictions["n_scored"].to_pylist() == [3, 1, 3]
    expected = [-3 * math.log(4), -math.log(4), -3 * math.log(4)]
    assert evaluation.predictions["log_prob"].to_pylist() == pytest.approx(expected)


def test_the_model_is_asked_in_eval_mode_without_gradients_and_left_as_it_was():
    model = Uniform().train()
    evaluate_model(model, ragged([0, 1], [1]), DENSITY)
    assert [asked[:2] for asked in model.asked] == [(False, True)]
    assert model.training


def test_batches_hold_sequences_of_like_length():
    model = Uniform()
    evaluate_model(model, ragged([0] * 9, [0], [0] * 9, [0]), DENSITY, batch_size=2)
    assert [float(share) for *_, share in model.asked] == [1.0, 1.0]


def test_batch_size_changes_no_number():
    test = ragged([0, 1, 2], [0], [2, 2], [1, 1, 1, 1], labels=[2, 0, 2, 1])
    one, many = (
        evaluate_model(LastSymbolClassifier(), test, CLASSES, batch_size=n) for n in (1, 9)
    )
    assert one.metrics == many.metrics
    assert one.predictions.equals(many.predictions)


def test_a_classifier_is_judged_example_by_example():
    test = ragged([0, 1, 2], [0], labels=[2, 1])
    evaluation = evaluate_model(LastSymbolClassifier(), test, CLASSES)
    assert evaluation.predictions["predicted"].to_pylist() == [2, 0]
    assert evaluation.predictions["label"].to_pylist() == [2, 1]
    assert evaluation.metrics["accuracy"] == 0.5
    assert evaluation.metrics["bits_per_example"] == pytest.approx((math.log2(4 / 3) + 3) / 2)


def test_a_tagger_is_judged_step_by_step():
    tags = [np.array([0, 2, 2]), np.array([3]), np.array([3, 1])]
    test = ragged([0, 1, 2], [3], [2, 2], tags=tags, ids=("a", "b", "c"))
    evaluation = evaluate_model(Namer(), test, TAGS, batch_size=2)
    assert evaluation.predictions.drop_columns(["log_prob"]).to_pylist() == [
        {
            "row": 0, "id": "a", "n_scored": 3, "n_correct": 2,
            "tags": [0, 2, 2], "predicted": [0, 1, 2],
        },
        {"row": 1, "id": "b", "n_scored": 1, "n_correct": 1, "tags": [3], "predicted": [3]},
        {"row": 2, "id": "c", "n_scored": 2, "n_correct": 0, "tags": [3, 1], "predicted": [2, 2]},
    ]  # fmt: skip
    # F1: of tag 0 it is 1, of 1 0, of 2 2/5, of 3 2/3. Residuals of the ratio 1/2: 1/2, 1/2, -1.
    assert evaluation.metrics == pytest.approx(
        {
            "tag_accuracy": 3 / 6,
            "tag_accuracy_standard_error": math.sqrt(3 / 2 * (0.25 + 0.25 + 1)) / 6,
            "macro_f1": (1 + 0 + 2 / 5 + 2 / 3) / 4,
            "bits_per_tag": 1.0,
            "bits_per_tag_standard_error": 0.0,
            "n_scored": 6,
            "exact_match": 1 / 3,
            "n_examples": 3,
        }
    )


def test_a_tagger_needs_tags_to_be_compared_with():
    with pytest.raises(DataError) as caught:
        evaluate_model(Namer(), ragged([0]), TAGS)
    assert str(caught.value) == (
        "these sequences have no tags; a tagging task gives one for each step."
    )


def test_tags_better_than_the_known_posterior_allows_are_flagged():
    tags = [np.array([0, 1, 2, 3])] * 9
    test = ragged(*[[0, 1, 2, 3]] * 9, tags=tags)
    (flag,) = evaluate_model(Namer(), test, TAGS, best(0.8, on_test=0.9)).flags
    assert flag.startswith("tag_accuracy 1.0000 is better than the best possible 0.9000 by 0.1000")


def test_a_transducer_is_judged_on_what_it_writes():
    gold = ragged([0, 1, 4], [3, 3, 3, 4])
    test = ragged([0, 1], [3, 2], target=gold)
    evaluation = evaluate_model(Copier(), test, DATES)
    assert evaluation.predictions["generated"].to_pylist() == [[0, 1, 4], [3, 2, 4]]
    assert evaluation.predictions["exact"].to_pylist() == [True, False]
    assert evaluation.metrics["exact_match"] == 0.5
    assert evaluation.metrics["character_error_rate"] == pytest.approx(2 / 5)
    assert evaluation.metrics["bits_per_target_symbol"] == pytest.approx(1 / math.log(2))


@dataclass(frozen=True)
class Case:
    model: Fitted
    test: Sequences
    schema: DataSchema
    links: Links | None = None


class Diagonal(Fitted):
    """Links each target step to the input step of the same number, up to the end symbol."""

    def log_prob(self, batch: Batch):
        return -batch.target.lengths.double()

    def links(self, batch: Batch):
        sizes = zip(batch.lengths.tolist(), batch.target.lengths.tolist(), strict=True)
        return [np.arange(min(n, m - 1))[:, None].repeat(2, axis=1) for n, m in sizes]


class Late(Diagonal):
    """Whose links are one input step further on when they are read one step later."""

    def shifted_links(self, batch: Batch):
        return [links + np.array([1, 0]) for links in self.links(batch)]


PAIRS = ragged([0, 1], [3, 2, 1], target=ragged([0, 1, 4], [3, 4]))
GOLD = links_of([np.array([[0, 0], [1, 0], [1, 1]]), np.array([[1, 0]])])

CASES = [
    Case(Diagonal(), PAIRS, LINKS, GOLD),
    Case(Late(), PAIRS, LINKS, GOLD),
    Case(Uniform(), ragged([0, 1, 2], [3]), DENSITY),
    Case(LastSymbolClassifier(), ragged([0, 1, 2], [3, 1], labels=[2, 0]), CLASSES),
    Case(Namer(), ragged([0, 1, 2], [3], tags=[np.array([0, 2, 2]), np.array([3])]), TAGS),
    Case(Copier(), ragged([0], [3, 2], target=ragged([0, 4], [3, 4])), DATES),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.schema.task_kind)
def test_every_metric_can_be_recomputed_from_the_stored_predictions(case, tmp_path):
    evaluation = evaluate_model(case.model, case.test, case.schema, gold=Gold(links=case.links))
    write_predictions(tmp_path, evaluation.predictions)
    assert metrics_of(read_predictions(tmp_path), case.schema) == evaluation.metrics


def test_links_are_judged_together_and_kept_apart():
    evaluation = evaluate_model(Diagonal(), PAIRS, LINKS, gold=Gold(links=GOLD))
    assert evaluation.predictions.to_pylist() == [
        {
            "row": 0, "id": "0", "log_prob": -3.0, "gold": [[0, 0], [1, 0], [1, 1]], "n_gold": 3,
            "links": [[0, 0], [1, 1]], "n_correct": 2, "n_predicted": 2,
        },
        {
            "row": 1, "id": "1", "log_prob": -2.0, "gold": [[1, 0]], "n_gold": 1,
            "links": [[0, 0]], "n_correct": 0, "n_predicted": 1,
        },
    ]  # fmt: skip
    assert evaluation.metrics == {
        "alignment_f1": 4 / 7,
        "alignment_precision": 2 / 3,
        "alignment_recall": 2 / 4,
        "alignment_error_rate": 1 - 4 / 7,
        "n_examples": 2,
    }


def test_links_that_can_be_read_one_step_later_are_judged_both_ways():
    metrics = evaluate_model(Late(), PAIRS, LINKS, gold=Gold(links=GOLD)).metrics
    # (1, 0) and (2, 1) in the first pair, (1, 0) in the second.
    assert (metrics["alignment_f1"], metrics["alignment_f1_shifted"]) == (4 / 7, 4 / 7)
    shifted = evaluate_model(Late(), PAIRS, LINKS, gold=Gold(links=GOLD)).predictions[
        "links_shifted"
    ]
    assert shifted.to_pylist() == [[[1, 0], [2, 1]], [[1, 0]]]


def test_a_score_that_theory_forbids_is_flagged():
    test = ragged([0, 1], [1, 1])
    (flag,) = evaluate_model(Uniform(), test, DENSITY, best(2.5, 0.01)).flags
    assert flag == (
        "bits_per_step 2.0000 is better than the best possible 2.5000 by 0.5000, more than "
        "3 standard errors (0.0300): look for leaked data or probabilities that do not sum to 1."
    )


@pytest.mark.parametrize(
    "bound", [best(1.9), best(2.0), best(2.2, 0.1), best(2.2, on_test=2.0), None]
)
def test_a_score_that_the_bound_allows_is_not_flagged(bound):
    assert evaluate_model(Uniform(), ragged([0, 1], [1, 1]), DENSITY, bound).flags == ()


def test_the_bound_of_a_metric_that_should_be_high_is_a_ceiling():
    test = ragged([2], [1], labels=[2, 1])
    assert evaluate_model(LastSymbolClassifier(), test, CLASSES, best(1.0)).flags == ()
    assert len(evaluate_model(LastSymbolClassifier(), test, CLASSES, best(0.5)).flags) == 1


def test_an_impossible_sequence_is_infinite_and_flagged():
    evaluation = evaluate_model(Uniform(-math.inf), ragged([0], [1]), DENSITY)
    assert evaluation.metrics["bits_per_step"] == math.inf
    assert evaluation.flags == (
        "nats_per_step, perplexity, bits_per_step: infinite, because the model gives probability "
        "0 to something that stands in the test split (2 examples); smooth it.",
    )


def test_answers_that_are_no_probability_are_refused():
    with pytest.raises(ConvergenceError) as caught:
        evaluate_model(Uniform(math.nan), ragged([0], [1]), DENSITY)
    assert str(caught.value) == (
        "row 0 of the test split has log-probability nan; expected a number below infinity. "
        "Fit the model again."
    )
    with pytest.raises(ConvergenceError) as caught:
        evaluate_model(LastSymbolClassifier(0.5), ragged([0], labels=[1]), CLASSES)
    assert str(caught.value) == (
        "the label probabilities of row 0 of the test split sum to 0.5; expected 1. "
        "Normalise them over the labels."
    )


@pytest.mark.parametrize(
    ("model", "schema", "message"),
    [
        (Uniform(), CLASSES, "Uniform cannot do a classification task; choose a family that can."),
        (
            LastSymbolClassifier(),
            CLASSES,
            "the test split holds no labels, so nothing can be compared with them.",
        ),
        (Copier(), DATES, "the test split holds no targets, so nothing can be compared with them."),
        (
            Diagonal(),
            LINKS,
            "the test split holds no gold links, so nothing can be compared with them.",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused(model, schema, message):
    with pytest.raises(DataError) as caught:
        evaluate_model(model, ragged([0], [1]), schema)
    assert str(caught.value) == message
