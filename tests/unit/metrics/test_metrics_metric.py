import pyarrow as pa
import pytest

from seqarena.evaluation.predictions import metrics_of
from seqarena.metrics.metric import further_metrics, headline_metric, table_metrics
from seqarena.schema import DataSchema

KINDS = [
    DataSchema("density"),
    DataSchema("density", dim=2),
    DataSchema("density", symbol_unit="character"),
    DataSchema("density", symbol_unit="word"),
    DataSchema("classification"),
    DataSchema("classification", dim=2),
    DataSchema("tagging"),
    DataSchema("transduction"),
    DataSchema("transduction", target_unit="word"),
    *[
        DataSchema("transduction", judged_as=way)
        for way in ("translation", "summary", "pronunciation")
    ],
    DataSchema("alignment"),
    DataSchema("recommendation", n_symbols=4),
]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_every_metric_that_a_report_names_is_one_that_evaluation_measures(kind):
    table = pa.table(
        {
            "n_scored": [2, 3],
            "log_prob": [-1.0, -2.0],
            "label": [0, 1],
            "class_log_prob": [[-0.1, -2.4], [-0.1, -2.4]],
            "tags": [[0, 1], [1, 1, 0]],
            "predicted": [0, 1] if kind.task_kind != "tagging" else [[0, 0], [1, 1, 1]],
            "exact": [True, False],
            "edits": [0, 1],
            "n_gold": [2, 2],
            "n_correct": [1, 1],
            "n_predicted": [2, 1],
            "n_correct_shifted": [0, 1],
            "n_predicted_shifted": [2, 1],
            "n_better": [0, 3],
            "n_ties": [1, 0],
            "n_candidates": [4, 4],
            "hypothesis": ["a b", "c"],
            "references": [["a b"], ["d"]],
        }
    )
    named = {headline_metric(kind).name, *(metric.name for metric in further_metrics(kind))}
    assert named <= set(metrics_of(table, kind))


def test_densities_are_ordered_by_bits_of_symbols_and_by_nats_of_frames():
    assert headline_metric(DataSchema("density")).name == "bits_per_step"
    frames = headline_metric(DataSchema("density", dim=2))
    assert (frames.name, frames.label, frames.unit) == ("nats_per_step", "nats per step", "nats")


def test_characters_are_told_in_nats_too_and_words_as_perplexity():
    further = {
        unit: [metric.name for metric in further_metrics(DataSchema("density", symbol_unit=unit))]
        for unit in ("symbol", "character", "word")
    }
    assert further == {"symbol": [], "character": ["nats_per_step"], "word": ["perplexity"]}


def test_lower_is_better_for_whatever_counts_mistakes():
    metrics = [headline_metric(kind) for kind in KINDS]
    metrics += [metric for kind in KINDS for metric in further_metrics(kind)]
    lower = {metric.name for metric in metrics if not metric.higher_is_better}
    assert lower == {
        "bits_per_step",
        "nats_per_step",
        "nats_per_step_of_sequences",
        "perplexity",
        "bits_per_example",
        "bits_per_tag",
        "brier",
        "expected_calibration_error",
        "phoneme_error_rate",
        "character_error_rate",
        "bits_per_target_symbol",
        "word_error_rate",
        "alignment_error_rate",
        "bits_per_item",
    }


def test_words_are_counted_where_the_target_is_words():
    assert headline_metric(DataSchema("transduction")).label == "exact match"
    assert (
        headline_metric(DataSchema("transduction", target_unit="word")).label == "word error rate"
    )
    assert "exact_match" in {
        metric.name for metric in further_metrics(DataSchema("transduction", target_unit="word"))
    }


def test_texts_are_ordered_as_they_are_published():
    labels = {
        way: headline_metric(DataSchema("transduction", judged_as=way)).label
        for way in ("translation", "summary", "pronunciation")
    }
    assert labels == {
        "translation": "BLEU",
        "summary": "ROUGE-L",
        "pronunciation": "phoneme error rate",
    }
    shown = [
        metric.label for metric in table_metrics(DataSchema("transduction", judged_as="summary"))
    ]
    assert shown == ["ROUGE-1", "ROUGE-2"]
