"""Examples in groups: the headline of a group is the metric of its examples alone."""

import numpy as np
import pyarrow as pa
import pytest

from seqarena.evaluation.parts_of_test import grouped, groups_of_test
from seqarena.evaluation.predictions import metrics_of
from seqarena.evaluation.strata import rarity_of, with_strata
from seqarena.metrics.metric import BITS_PER_STEP, headline_metric
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of


def test_few_values_make_a_group_each_and_many_make_quarters():
    assert [g.sum() for g in grouped(np.repeat([1, 2, 4], [5, 6, 7]))] == [5, 6, 7]
    quarters = grouped(np.arange(100))
    assert [g.sum() for g in quarters] == [25, 25, 25, 25]
    assert (np.sum(quarters, axis=0) == 1).all()


def test_equals_are_never_torn_apart_nor_is_anything_lost():
    values = np.concatenate([np.zeros(60), np.arange(1, 41)])
    groups = grouped(values)
    assert (np.sum(groups, axis=0) == 1).all()
    assert groups[0].sum() == 60


@pytest.mark.parametrize("values", [np.ones(50), np.repeat([1, 2], [50, 4])])
def test_one_group_alone_or_one_that_is_too_small_is_no_slicing(values):
    assert grouped(values) == []


def test_groups_stand_by_length_rarity_and_what_the_task_names():
    schema = DataSchema("density", n_symbols=4, slice_name="pairs")
    own = {"log_prob": -np.ones(12), "n_scored": np.full(12, 2)}
    predictions = pa.table(
        {
            **own,
            "n_steps": np.repeat([3, 5], 6),
            "rarity": np.repeat([0.5, 2.25], 6),
            "slice": np.repeat([16, 2], 6),
        }
    )
    found = groups_of_test(predictions, BITS_PER_STEP, schema)
    assert [(group.by, group.label, group.n_examples) for group in found] == [
        *[("length", "3", 6), ("length", "5", 6)],
        *[("rarity", "0.5", 6), ("rarity", "2.2", 6)],
        *[("pairs", "2", 6), ("pairs", "16", 6)],
    ]
    assert found[0].value == pytest.approx(0.5 / np.log(2))


def test_the_value_of_a_group_is_the_metric_of_its_examples_alone():
    schema = DataSchema("tagging", n_symbols=3, n_tags=3)
    lengths = np.repeat([2, 4], 6)
    rng = np.random.default_rng(0)
    tags, predicted = ([rng.integers(0, 3, n).tolist() for n in lengths] for _ in range(2))
    table = pa.table(
        {
            "n_scored": lengths,
            "n_correct": [sum(np.equal(*pair)) for pair in zip(tags, predicted, strict=True)],
            "log_prob": -rng.random(12),
            "tags": tags,
            "predicted": predicted,
            "n_steps": lengths,
        }
    )
    metric = headline_metric(schema)
    for group in groups_of_test(table, metric, schema):
        own = table.filter(pa.array(lengths == group.low))
        assert group.value == pytest.approx(metrics_of(own, schema)[metric.name])


def test_rarity_is_the_surprise_of_the_gold_in_training_one_added_to_each_count():
    schema = DataSchema("density", n_symbols=3)
    train = sequences_of([np.array([0, 0, 1])])
    test = sequences_of([np.array([0, 0]), np.array([1, 2])])
    # counts + 1: 3, 2, 1 of 6
    expected = [np.log2(2), (np.log2(3) + np.log2(6)) / 2]
    assert rarity_of(test, train, schema) == pytest.approx(expected)


def test_rarity_asks_for_labels_items_and_scored_tags_alone():
    labels = DataSchema("classification", n_classes=2)
    train = sequences_of([np.array([0])] * 3, labels=[0, 0, 1])
    test = sequences_of([np.array([0])] * 2, labels=[1, 0])
    assert rarity_of(test, train, labels) == pytest.approx([np.log2(5 / 2), np.log2(5 / 3)])
    items = DataSchema("recommendation", n_symbols=3)
    seen = sequences_of([np.array([0, 2]), np.array([1, 2])])
    assert rarity_of(seen, seen, items)[0] == rarity_of(seen, seen, items)[1]
    assert rarity_of(seen, seen, DataSchema("alignment", n_symbols=3)) is None


def test_strata_follow_the_row_of_each_prediction():
    schema = DataSchema("density", n_symbols=3)
    test = sequences_of([np.array([0]), np.array([1, 1, 1])])
    table = with_strata(pa.table({"row": [1, 0]}), test, test, schema)
    assert table["n_steps"].to_pylist() == [3, 1]
    assert table["rarity"].to_pylist() == pytest.approx([-np.log2(4 / 6), -np.log2(2 / 6)])
