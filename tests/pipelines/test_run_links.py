"""Links from a report to runs, whichever server holds them."""

import socket

import pytest
from tracking_scenes import MLFLOW_WARNS

from seqarena.experiment.identity import aggregate_run, seed_run
from seqarena.experiment.run_links import links_of, task_links
from seqarena.experiment.suite import parse_suite
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.location import locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.replay import replay
from seqarena.tracking.run_ids import StoredIds, stored_ids

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]


def told(store, folder, key, experiment):
    path = folder / key.replace("/", "-") / "journal.jsonl"
    path.parent.mkdir()
    with Journal(path) as journal:
        journal.begin(RunIdentity(key, key, experiment, part="fit"))
    assert replay(path, store) == []


def test_every_run_of_an_experiment_is_found_by_its_key(tmp_path):
    location = locate_store(tmp_path, {})
    store = Store(location)
    for number in range(3):
        told(store, tmp_path, f"a/seed-{number}/f", "dates")
    told(store, tmp_path, "b/seed-0/f", "digits")
    found = stored_ids(location, ["dates", "digits", "never"])
    assert set(found) == {"dates", "digits"}
    assert set(found["dates"].runs) == {f"a/seed-{number}/f" for number in range(3)}
    run = store.find("dates", "a/seed-1/f")
    assert found["dates"].runs["a/seed-1/f"] == run.run_id
    assert store.client.get_experiment(found["dates"].experiment).name == "dates"


def test_a_store_that_does_not_answer_has_no_runs_and_stops_nothing(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    location = locate_store(tmp_path, {"MLFLOW_TRACKING_URI": address})
    assert stored_ids(location, ["dates"]) == {}


def experiment():
    suite = parse_suite(
        {
            "seeds": [0, 1],
            "tasks": {"t": {"kind": "density", "source": {"kind": "hidden_markov_source"}}},
            "families": {"hmm": {"kind": "hidden_markov"}},
            "experiments": {"t-hmm": {"task": "t", "family": "hmm"}},
        }
    )
    return suite.experiments["t-hmm"]


def test_links_lead_to_the_mean_and_to_each_seed_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(
        "seqarena.experiment.run_links.fingerprints_of", lambda *_: {0: "f0", 1: "f1"}
    )
    own = experiment()
    keys = {aggregate_run(own, ["f0", "f1"]).key: "r9", seed_run(own, 1, "f1", "fit").key: "r1"}
    stored = StoredIds("7", keys)
    assert links_of(own, tmp_path, stored) == (("mean", "#/runs/r9"), ("seed 1", "#/runs/r1"))
    assert links_of(own, tmp_path, None) == ()
    assert task_links({"t": stored})["t"] == (
        "#/experiments/7/runs?searchFilter=tags.role%20%3D%20%27aggregate%27&compareRunsMode=CHART"
    )
