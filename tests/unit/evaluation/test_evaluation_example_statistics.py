import math

import numpy as np
import pyarrow as pa
import pytest

from judgement_scenes import (
    CHARACTERS,
    DATES,
    KINDS,
    LABELS,
    LINKS,
    PRONUNCIATIONS,
    TAGS,
    TRANSLATIONS,
    predictions_of,
)
from seqarena.errors import DataError
from seqarena.evaluation.example_statistics import example_sums, statistic_of
from seqarena.evaluation.predictions import metrics_of
from seqarena.metrics.metric import BLEU, judged_by
from seqarena.significance.examples import compare_examples
from seqarena.significance.statistics import ExampleStatistics


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_metric_of_a_task_follows_from_sums_over_its_examples(kind):
    """Against what metrics.json is made of: scikit-learn, torchmetrics, sacreBLEU, rouge-score."""
    schema = KINDS[kind]
    predictions = predictions_of(schema, np.random.default_rng(1))
    told = metrics_of(predictions, schema)
    found = {each.name: statistic_of(each, schema).of(predictions) for each in judged_by(schema)}
    assert found == pytest.approx({name: told[name] for name in found}, rel=1e-6)
    assert not any(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("kind", ["words", "tagging", "characters written", "alignment"])
def test_sums_of_some_examples_are_the_metric_of_those(kind):
    schema = KINDS[kind]
    predictions = predictions_of(schema, np.random.default_rng(2))
    rows = np.array([3, 3, 7, 20])
    told = metrics_of(predictions.take(rows), schema)
    for metric in judged_by(schema):
        statistic = statistic_of(metric, schema)
        sums = statistic.parts(predictions)[rows].sum(axis=0)
        # Two draws at once, of which the first is this one.
        draws = np.stack([sums, 2 * sums])
        assert statistic.score(draws)[0] == pytest.approx(told[metric.name])


def test_a_label_that_nothing_says_and_nothing_is_does_not_count_for_macro_f1():
    table = pa.table(
        {
            "id": ["a", "b"],
            "row": [0, 1],
            "label": [0, 1],
            "predicted": [0, 0],
            "class_log_prob": np.log([[0.7, 0.1, 0.1, 0.1]] * 2).tolist(),
        }
    )
    macro = next(each for each in judged_by(LABELS) if each.name == "macro_f1")
    # Label 0: 2 · 1 / (2 + 1); label 1: 0; labels 2 and 3 do not occur.
    assert statistic_of(macro, LABELS).of(table) == pytest.approx((2 / 3 + 0) / 2)


def test_a_sequence_that_was_called_impossible_makes_the_score_infinite():
    table = predictions_of(CHARACTERS, np.random.default_rng(0), 3)
    table = table.set_column(3, "log_prob", pa.array([-1.0, -math.inf, -1.0]))
    (metric, *_) = judged_by(CHARACTERS)
    assert statistic_of(metric, CHARACTERS).of(table) == math.inf


def test_examples_of_one_name_are_told_apart_by_their_rows():
    table = predictions_of(DATES, np.random.default_rng(0), 3)
    table = table.set_column(1, "id", pa.array(["a", "b", "a"]))
    ids, parts = example_sums(table, statistic_of(judged_by(DATES)[0], DATES))
    assert ids == ("a, row 0", "b, row 1", "a, row 2")
    assert len(parts) == 3


def test_a_metric_that_the_task_is_not_judged_by_is_refused():
    with pytest.raises(DataError) as caught:
        statistic_of(BLEU, TAGS)
    assert str(caught.value) == (
        "metric 'bleu' is none of this tagging task; expected one of 'bits_per_tag', "
        "'exact_match', 'macro_f1', 'tag_accuracy'."
    )


def test_links_without_a_second_reading_are_named():
    table = predictions_of(LINKS, np.random.default_rng(0), 3)
    table = table.drop_columns(["n_predicted_shifted", "n_correct_shifted"])
    shifted = next(each for each in judged_by(LINKS) if each.name == "alignment_f1_shifted")
    with pytest.raises(DataError) as caught:
        statistic_of(shifted, LINKS).of(table)
    assert str(caught.value) == (
        "the predictions lack n_correct_shifted and n_predicted_shifted: links of this family have "
        "no second reading; choose alignment_f1."
    )


def test_the_nearest_pronunciation_counts():
    table = pa.table(
        {
            "id": ["a", "b"],
            "row": [0, 1],
            "hypothesis": ["K AE T", "D AO"],
            "references": [["K AE T", "K AA T"], ["D AO G", "D AA G Z"]],
        }
    )
    rate, words = (each for each in judged_by(PRONUNCIATIONS) if "error_rate" in each.name)
    assert statistic_of(rate, PRONUNCIATIONS).of(table) == pytest.approx(1 / 6)
    assert statistic_of(words, PRONUNCIATIONS).of(table) == pytest.approx(1 / 2)


def translations(rng: np.random.Generator, share: float, n: int = 60) -> pa.Table:
    """Outputs that keep each word of the reference with some probability."""
    gold = predictions_of(TRANSLATIONS, np.random.default_rng(0), n)
    references = gold["references"].to_pylist()
    said = [
        " ".join(word if rng.random() < share else "other" for word in own[0].split())
        for own in references
    ]
    place = gold.column_names.index("hypothesis")
    return gold.set_column(place, "hypothesis", pa.array(said))


@pytest.mark.slow
def test_bleu_is_tested_as_sacrebleu_tests_it():
    """Its approximate randomisation and its bootstrap, with draws of their own."""
    from sacrebleu.metrics.bleu import BLEU as SACREBLEU
    from sacrebleu.significance import PairedTest

    rng = np.random.default_rng(3)
    tables = [translations(rng, share) for share in (0.80, 0.84)]
    statistic = statistic_of(BLEU, TRANSLATIONS)
    systems = [
        ExampleStatistics(parts[None], statistic.score, True, ids)
        for ids, parts in (example_sums(table, statistic) for table in tables)
    ]
    found = compare_examples(*systems, n_draws=4_000).of_fits
    texts = [table["hypothesis"].to_pylist() for table in tables]
    references = [[own[0] for own in tables[0]["references"].to_pylist()]]
    _, told = PairedTest(
        [("one", texts[0]), ("other", texts[1])],
        {"BLEU": SACREBLEU()},
        references,
        test_type="ar",
        n_samples=4_000,
    )()
    one, other = told["BLEU"]
    assert found.value == pytest.approx(one.score - other.score)
    assert 0.01 < other.p_value < 0.9
    assert found.p_value == pytest.approx(other.p_value, abs=0.03)


def test_kinds_hold_every_kind_of_task():
    assert {schema.task_kind for schema in KINDS.values()} == {
        "density",
        "classification",
        "tagging",
        "transduction",
        "alignment",
        "recommendation",
    }
