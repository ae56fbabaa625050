"""The run of an experiment's means: what MLflow's own charts can compare."""

import json

import pytest

from seqarena.data.manifest import BestPossible
from seqarena.evaluation.summary import summarise_seeds
from seqarena.experiment.aggregate import Aggregate, seeds_chart, tell_aggregate
from seqarena.metrics.metric import ACCURACY, BITS_PER_STEP
from seqarena.tracking.events import ArtifactWritten, MetricLogged, TableWritten
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.reading import read_journal

FLOOR = BestPossible(1.5, "bits", 0.0, 1.5, 1.5, "closed form", on_test=1.4)


def aggregate(tmp_path, values, metric=BITS_PER_STEP, best=FLOOR):
    for seed in range(len(values)):
        folder = tmp_path / "fit" / f"seed-{seed}"
        folder.mkdir(parents=True)
        report = {"n_parameters": 10, "wall_seconds": 1.0 + seed, "training_flops": None}
        (folder / "report.json").write_text(json.dumps(report))
    seeds = {seed: {metric.name: value} for seed, value in enumerate(values)}
    summary = summarise_seeds({"experiment": "t-x"}, metric, seeds)
    return Aggregate("t-x", metric, summary, best, tmp_path / "fit")


def told(tmp_path, found):
    with Journal(tmp_path / "journal.jsonl") as journal:
        journal.begin(RunIdentity("key", "name", "t", part="aggregate"))
        tell_aggregate(journal, found, tmp_path)
    return read_journal(tmp_path / "journal.jsonl")


def test_means_ends_distances_and_costs_are_metrics(tmp_path):
    events = told(tmp_path, aggregate(tmp_path, [1.6, 1.8]))
    numbers = {event.name: event.value for event in events if isinstance(event, MetricLogged)}
    assert numbers["test/bits_per_step"] == pytest.approx(1.7)
    half = 12.706 * 0.1
    assert numbers["test/bits_per_step/low"] == pytest.approx(1.7 - half, abs=1e-3)
    assert numbers["test/bits_per_step/half_width"] == pytest.approx(half, abs=1e-3)
    assert numbers["test/above_best_possible"] == pytest.approx(0.3)
    assert (numbers["fit/n_parameters"], numbers["fit/wall_seconds"]) == (10, 1.5)
    assert "fit/training_flops" not in numbers


def test_more_is_better_turns_the_distance(tmp_path):
    best = BestPossible(1.0, "share", 0.0, 1.0, 1.0, "the rule is known")
    events = told(tmp_path, aggregate(tmp_path, [0.7, 0.9], ACCURACY, best))
    numbers = {event.name: event.value for event in events if isinstance(event, MetricLogged)}
    assert numbers["test/above_best_possible"] == pytest.approx(0.2)


def test_the_figure_is_a_file_and_a_cell_of_a_table(tmp_path):
    events = told(tmp_path, aggregate(tmp_path, [1.6, 1.8]))
    files = [event.path for event in events if isinstance(event, ArtifactWritten)]
    assert files == ["over-seeds.svg", "over-seeds.png"]
    (table,) = [event for event in events if isinstance(event, TableWritten)]
    assert table.columns["figure"][0]["image"] == "over-seeds.png"


def test_the_figure_shows_mean_interval_every_seed_and_the_bound(tmp_path):
    chart = seeds_chart(aggregate(tmp_path, [1.6, 1.8]))
    (series,) = chart.series
    assert chart.y.categories == ("mean", "seed 0", "seed 1")
    assert [point.x for point in series.points] == [pytest.approx(1.7), 1.6, 1.8]
    assert series.points[0].x_range[0] < 1.6 < 1.8 < series.points[0].x_range[1]
    assert [line.value for line in chart.references] == [1.4]


def test_where_a_seed_is_infinite_there_is_no_figure(tmp_path):
    found = aggregate(tmp_path, [1.6, float("inf")])
    assert seeds_chart(found) is None
    assert not [e for e in told(tmp_path, found) if isinstance(e, ArtifactWritten)]
