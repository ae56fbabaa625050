"""The nearest neighbour: compared with scikit-learn's, and worked out by hand."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from seqarena.batch import collate_all, sequences_of
from seqarena.data.sources.time_series import TimeSeriesConfig, read_time_series
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, DataError
from seqarena.evaluation.evaluate import evaluate_model
from seqarena.families.nearest_neighbour import NearestNeighbourConfig, build_nearest_neighbour
from seqarena.fitting.protocols import FitSetting, HardwareConfig, TrainingConfig
from seqarena.inference.series_distances import distances
from seqarena.schema import DataSchema


class Silence:
    def metric(self, name, value, step):
        pass


def fitted(train, dim, n_classes, **settings):
    config = NearestNeighbourConfig(kind="nearest_neighbour", **settings)
    family = build_nearest_neighbour(
        config, DataSchema("classification", dim=dim, n_classes=n_classes)
    )
    setting = FitSetting(
        seed=0,
        training=TrainingConfig(),
        hardware=HardwareConfig(accelerator="cpu", devices=1),
        scratch=Path(),
        recorder=Silence(),
    )
    return family, family.fit(train, train, setting)


def lines(*values, labels):
    return sequences_of([np.array(each, float)[:, None] for each in values], labels=labels)


TRAIN = lines([0, 0], [4, 4], [5, 5], labels=[0, 1, 1])


def test_one_neighbour_lends_its_label_and_pseudo_counts_make_it_unsure():
    family, _ = fitted(TRAIN, 1, 2, distance="euclidean", pseudo_count=0.3)
    found = family.class_log_prob(collate_all(lines([1, 1], [9, 9], labels=[0, 1]))).exp()
    # One vote, and 0.3 shared out as 1 : 2 among the training labels.
    expected = torch.tensor([[1.1, 0.2], [0.1, 1.2]], dtype=torch.float64) / 1.3
    assert_close(found, expected)


def test_among_equally_near_series_the_first_one_votes():
    family, _ = fitted(TRAIN, 1, 2, distance="euclidean")
    between = collate_all(lines([2, 2], labels=[0]))
    assert family.class_log_prob(between).argmax().item() == 0


def test_the_training_loss_leaves_each_series_out():
    family, report = fitted(TRAIN, 1, 2, distance="euclidean", pseudo_count=0.3)
    # The nearest of [0, 0] is [4, 4], of the other class; the other two have each other.
    expected = -(np.log(0.1 / 1.3) + 2 * np.log(1.2 / 1.3)) / 3
    assert report.train_loss == pytest.approx(expected)
    assert report.valid_loss == pytest.approx(-(np.log(1.1 / 1.3) + 2 * np.log(1.2 / 1.3)) / 3)
    assert family.n_free_parameters() == 6


def test_votes_are_those_of_scikit_learn():
    from sklearn.neighbors import KNeighborsClassifier

    generator = np.random.default_rng(0)
    series, labels = generator.normal(size=(40, 6, 3)), np.arange(40) % 3
    train = sequences_of(list(series[:30]), labels=labels[:30].tolist())
    test = sequences_of(list(series[30:]), labels=labels[30:].tolist())
    family, _ = fitted(train, 3, 3, distance="euclidean", n_neighbours=5, pseudo_count=1e-9)
    theirs = KNeighborsClassifier(5).fit(series[:30].reshape(30, -1), labels[:30])
    expected = theirs.predict_proba(series[30:].reshape(10, -1))
    found = family.class_log_prob(collate_all(test)).exp().numpy()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def shortest_way(own, other, reach):
    """The recursion of Sakoe & Chiba (1978), written out."""
    best = np.full((len(own) + 1, len(other) + 1), np.inf)
    best[0, 0] = 0
    for i, j in np.ndindex(len(own), len(other)):
        if abs(i - j) <= reach:
            step = ((own[i] - other[j]) ** 2).sum()
            best[i + 1, j + 1] = step + min(best[i, j], best[i, j + 1], best[i + 1, j])
    return best[-1, -1]


@pytest.mark.slow
@pytest.mark.parametrize(("window", "reach"), [(1.0, 99), (0.2, 1)])
def test_warping_is_the_shortest_way_through_whole_frames(window, reach):
    generator = np.random.default_rng(1)
    ones = [generator.normal(size=(n, 2)) for n in ((4, 6, 9) if window == 1.0 else (8, 8))]
    others = [generator.normal(size=(n, 2)) for n in ((5, 3) if window == 1.0 else (8, 8, 8))]
    expected = [[shortest_way(own, other, reach) for other in others] for own in ones]
    np.testing.assert_allclose(distances(ones, others, "dtw", window), expected, rtol=1e-9)


def test_series_of_unequal_length_cannot_be_compared_step_by_step():
    family, _ = fitted(TRAIN, 1, 2, distance="euclidean")
    with pytest.raises(DataError) as caught:
        family.class_log_prob(collate_all(lines([1, 1, 1], labels=[0])))
    assert str(caught.value) == (
        "series of 2 to 3 steps cannot be compared step by step; set distance to 'dtw'."
    )


def test_more_neighbours_than_other_series_are_refused():
    with pytest.raises(DataError) as caught:
        fitted(TRAIN, 1, 2, distance="euclidean", n_neighbours=3)
    assert str(caught.value) == (
        "3 training series came, and n_neighbours is 3; it should be less than there are series."
    )


def test_what_it_cannot_do_is_said():
    config = NearestNeighbourConfig(kind="nearest_neighbour")
    with pytest.raises(ConfigError) as caught:
        build_nearest_neighbour(config, DataSchema("density", dim=2))
    assert str(caught.value) == (
        "nearest_neighbour: a nearest neighbour lends its label to a whole series; density has "
        "none."
    )
    with pytest.raises(ConfigError) as caught:
        build_nearest_neighbour(config, DataSchema("classification", n_symbols=2))
    assert str(caught.value) == (
        "nearest_neighbour: distances are between frames, and this task's input is tokens."
    )
    with pytest.raises(ConfigError) as caught:
        build_nearest_neighbour(config, DataSchema("classification", dim=2))
    assert str(caught.value) == ("nearest_neighbour: the schema must say dim and n_classes.")


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
@pytest.mark.parametrize(
    ("name", "distance", "published"),
    [
        ("GunPoint", "euclidean", 0.9133),
        ("ArrowHead", "euclidean", 0.8000),
        ("ItalyPowerDemand", "euclidean", 0.9553),
        ("GunPoint", "dtw", 0.9067),
        ("BasicMotions", "dtw", 0.975),
        ("JapaneseVowels", "dtw", 0.949),
        ("NATOPS", "euclidean", 0.839),
        ("NATOPS", "dtw", 0.883),
    ],
)
def test_the_published_accuracies_come_out(name, distance, published):
    source = read_time_series(
        TimeSeriesConfig(kind="time_series", name=name, valid_in_train=True, valid_share=0.1)
    )
    schema = source.schema
    family, _ = fitted(
        source.parts[Split.TRAIN].sequences, schema.dim, schema.n_classes, distance=distance
    )
    found = evaluate_model(family, source.parts[Split.TEST].sequences, schema)
    digits = len(str(published).split(".")[1])
    assert round(found.metrics["accuracy"], max(digits, 3)) == published
