import json
import math

import pytest

from seqarena.evaluation.summary import summarise_seeds, write_metrics
from seqarena.metrics.metric import ACCURACY, BITS_PER_STEP

FACTS = {"task": "digits", "family": "lstm", "mechanism": None}


def test_seeds_are_averaged_with_their_interval():
    seeds = {1: {"accuracy": 0.6, "n_examples": 5}, 0: {"accuracy": 0.4, "n_examples": 5}}
    summary = summarise_seeds(FACTS, ACCURACY, seeds)
    assert summary["task"] == "digits" and summary["metric"]["name"] == "accuracy"
    assert list(summary["seeds"]) == ["0", "1"]
    assert summary["seeds"]["1"] == {"accuracy": 0.6, "n_examples": 5}
    assert summary["mean"] == {"accuracy": pytest.approx(0.5)}
    # t(1, 0.975) = 12.706; deviation / sqrt(2) = 0.1
    assert summary["interval"]["accuracy"]["half_width"] == pytest.approx(1.2706, abs=1e-4)
    assert summary["interval"]["accuracy"]["n"] == 2


def test_one_seed_has_a_mean_and_no_interval():
    summary = summarise_seeds(FACTS, ACCURACY, {0: {"accuracy": 0.4}})
    assert summary["mean"] == {"accuracy": 0.4}
    assert summary["interval"] == {}


def test_an_infinite_seed_leaves_no_mean_and_the_file_stays_json(tmp_path):
    seeds = {
        0: {"bits_per_step": 2.0, "bits_per_step_standard_error": 0.1},
        1: {"bits_per_step": math.inf},
    }
    summary = summarise_seeds(FACTS, BITS_PER_STEP, seeds, {0: (), 1: ("infinite",)})
    assert summary["mean"] == {"bits_per_step": None}
    assert summary["interval"] == {}
    assert summary["seeds"]["1"] == {"bits_per_step": None}
    assert summary["flags"] == {"1": ["infinite"]}
    assert json.loads(write_metrics(tmp_path / "metrics.json", summary).read_text()) == summary


def test_an_experiment_without_a_seed_has_no_mean():
    summary = summarise_seeds(FACTS, ACCURACY, {})
    assert (summary["seeds"], summary["interval"]) == ({}, {})
    assert summary["mean"] == {"accuracy": None}
