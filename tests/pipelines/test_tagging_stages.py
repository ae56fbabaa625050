"""Tagging from its settings to the compared table, through the stages as functions."""

import json

import numpy as np
import pytest
from tracking_scenes import MLFLOW_WARNS

from seqarena.attribution.store.artifacts import read_maps
from seqarena.data.arrow_store import read_split
from seqarena.data.manifest import verify_prepared
from seqarena.data.splits import Split
from seqarena.errors import ConfigError
from seqarena.evaluation.predictions import metrics_of, read_predictions
from seqarena.experiment.compare import compare
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.layout import Workspace
from seqarena.experiment.question import QuestionConfig
from seqarena.experiment.suite import parse_suite
from seqarena.experiment.train import train
from seqarena.tasks.prepare import prepare_task

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

FAMILIES = {
    "most_frequent_tag": {"kind": "most_frequent_tag"},
    "hmm": {"kind": "hidden_markov"},
    "gru": {"kind": "gru", "model_dim": 8, "bidirectional": True, "tag_head": "crf"},
    "transformer": {"kind": "transformer", "model_dim": 8, "n_layers": 1, "n_heads": 2},
}
RAW = {
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "states": {
            "kind": "tagging",
            "source": {
                "kind": "hidden_markov_states",
                "length": 16,
                "n_train": 300,
                "n_valid": 20,
                "n_test": 200,
            },
            "training": {"batch_size": 32, "max_epochs": 2},
            "n_probes": 2,
        }
    },
    "families": FAMILIES,
    "experiments": {name: {"task": "states", "family": name} for name in FAMILIES},
}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """Run every stage once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("tagging"))
        patch.delenv("DVC_ROOT", raising=False)
        made, suite = Workspace.here(), parse_suite(RAW)
        prepared = made.prepared("states")
        prepare_task("states", suite.tasks["states"], prepared)
        for name, experiment in suite.experiments.items():
            train(experiment, prepared, made.fit(name))
            evaluate(
                experiment, prepared, made.fit(name), made.evaluation(name), made.metrics(name)
            )
        compare(suite, QuestionConfig(), made.root / "data/prepared", made.runs, made.reports)
        yield made


def test_prepared_data_holds_a_tag_for_each_step_and_their_names(workspace):
    manifest = verify_prepared(workspace.prepared("states"))
    assert manifest.schema.n_tags == 4
    assert manifest.tag_names == ("state 0", "state 1", "state 2", "state 3")
    train_part = read_split(workspace.prepared("states"), Split.TRAIN)
    assert train_part.tags.shape == train_part.values.shape == (300 * 16,)
    assert set(train_part.tags.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize("name", FAMILIES)
def test_every_number_follows_from_the_stored_tags(workspace, name):
    manifest = verify_prepared(workspace.prepared("states"))
    predictions = read_predictions(workspace.evaluation(name) / "seed-0")
    gold = read_split(workspace.prepared("states"), Split.TEST).tags
    stored = np.concatenate(predictions["tags"].to_numpy(zero_copy_only=False))
    assert np.array_equal(stored, gold)
    found = metrics_of(predictions, manifest.schema)
    written = json.loads(workspace.metrics(name).read_text())["seeds"]["0"]
    assert written == pytest.approx(found)
    chosen = np.concatenate(predictions["predicted"].to_numpy(zero_copy_only=False))
    assert written["tag_accuracy"] == pytest.approx(np.mean(chosen == gold))


def test_the_table_sets_all_families_beside_the_best_that_can_be_known(workspace):
    comparison = json.loads((workspace.reports / "comparison.json").read_text())
    table = comparison["tasks"]["states"]
    best = table["best_possible"]
    assert best["unit"] == "share of steps"
    experiments = table["experiments"]
    assert set(experiments) == set(FAMILIES)
    # Counting the true model's kind comes near what is possible, and leaves single words behind.
    assert experiments["hmm"]["mean"] == pytest.approx(best["on_test"], abs=0.02)
    assert experiments["most_frequent_tag"]["mean"] < experiments["hmm"]["mean"] - 0.1
    assert [each["flags"] for each in experiments.values()] == [[]] * len(FAMILIES)
    text = (workspace.reports / "comparison.md").read_text()
    for title in ("tag accuracy ↑", "macro F1 ↑", "bits per tag ↓"):
        assert f"| {title} |" in text


def test_every_family_has_influence_and_those_that_looked_have_maps(workspace):
    captured = {
        name: read_maps(workspace.evaluation(name) / "seed-0" / "attention") for name in FAMILIES
    }
    assert all(one.influence[0].effect.max() > 0 for one in captured.values())
    assert {name: any(one.maps) for name, one in captured.items()} == {
        "most_frequent_tag": False,
        "hmm": True,
        "gru": False,
        "transformer": True,
    }


def test_what_cannot_tag_is_refused_before_any_data_exists():
    families = {"markov": {"kind": "markov_chain"}, "gmm": {"kind": "gaussian_mixture"}}
    experiments = {name: {"task": "states", "family": name} for name in families}
    with pytest.raises(ConfigError) as caught:
        parse_suite({**RAW, "families": families, "experiments": experiments})
    assert caught.value.mistakes == [
        "experiments.markov: 'markov' cannot do 'states': a Markov chain gives probabilities of "
        "sequences; it tags no steps",
        "experiments.gmm: 'gmm' cannot do 'states': a Gaussian mixture gives densities of frames; "
        "it tags no steps",
    ]
