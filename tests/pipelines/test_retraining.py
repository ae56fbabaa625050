"""A model that is kept fresh, as a user runs it: from its first version to a rollback."""

import os
import sys

import pytest
from retraining_scenes import Project, trials
from tracking_scenes import MLFLOW_WARNS

from seqarena.experiment.warm_start import StageServer
from seqarena.retraining.ledger import read_ledger
from seqarena.retraining.lock import Lock
from seqarena.retraining.serving.registered import champion_of, load_registered
from seqarena.tracking.location import locate_store

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]

HEAVY = """
import sys
from seqarena.cli import main
try:
    main(["retrain", "moves"])
finally:
    heavy = {"torch", "mlflow", "pytorch_lightning", "numpy", "seqarena.tasks.config"}
    print("imported", sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    with StageServer() as server:
        made = Project(tmp_path_factory.mktemp("project"), server.environment)
        made.words = made.seqarena("retrain", "moves", "--commit")
        yield made


def serving(project):
    from seqarena.retraining.glance import serving_version

    return serving_version(locate_store(project.folder, {}), "moves")


def ledger(project):
    return read_ledger(project.folder / "retraining" / "moves" / "ledger.jsonl")


def set_components(project, n):
    project.params["families"]["gmm"]["n_components"] = n
    project.write_params()


def test_the_first_model_serves_without_a_comparison(project):
    assert "promoted: moves version 1 serves." in project.words
    assert "not applicable  improvement: there is no champion" in project.words
    assert serving(project) == "1"
    assert [entry.event for entry in ledger(project)] == [
        "begun",
        "approved",
        "promoted",
        "committed",
    ]
    assert "Retrain moves: promoted" in project.run(["git", "log", "-1", "--format=%B"])
    assert "dvc.lock" in project.run(["git", "show", "--name-only", "--format="])


def test_nothing_new_is_said_without_a_heavy_import(project):
    words = project.run([sys.executable, "-c", HEAVY])
    assert "nothing new: version 1 was made of the same data and settings." in words
    assert "imported []" in words
    assert len(ledger(project)) == 4


def test_a_better_model_is_promoted_with_an_interval_beyond_noise(project):
    set_components(project, 2)
    assert "would retrain: the settings of a model changed." in project.seqarena(
        "retrain", "moves", "--dry-run"
    )
    words = project.seqarena("retrain", "moves")
    assert "promoted: moves version 2 serves." in words
    assert "passed  improvement: accuracy " in words
    assert "slice label a" in words
    assert serving(project) == "2"


def test_the_version_bears_its_evidence(project):
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{project.folder / 'mlflow.db'}")
    version = client.get_model_version_by_alias("moves", "champion")
    assert client.get_model_version_by_alias("moves", "previous").version == 1
    run = client.get_run(version.run_id)
    assert run.data.tags["verdict"] == "approved"
    assert run.data.metrics["both/gain_low"] > 0
    assert {"git.commit", "fingerprint", "data.test", "seqarena.decision"} <= set(version.tags)
    files = {each.path for each in client.list_artifacts(version.run_id)}
    assert {"decision.md", "package", "attention", "challenger", "champion"} <= files
    assert load_registered(champion_of("moves"), locate_store(project.folder, {})).title == (
        "moves-gmm, seed 0"
    )


def test_new_data_and_a_worse_model_is_rejected(project):
    project.add(trials(40, seed=1))
    set_components(project, 1)
    words = project.seqarena("retrain", "moves", code=3)
    assert "failed  improvement: " in words
    assert "challenger rejected; moves version 2 serves on." in words
    assert serving(project) == "2"
    assert "nothing new since entry" in project.seqarena("retrain", "moves")


def test_a_poisoned_batch_is_refused_before_anything_is_fitted(project):
    healthy = project.rows
    project.add(trials(60, seed=2, spread=5.0))
    words = project.seqarena("retrain", "moves", code=4)
    assert "failed  feature drift: " in words
    assert "data refused; moves version 2 serves on." in words
    assert "Running stage 'train" not in words
    project.write_rows(healthy)


def test_a_vanished_source_is_refused_with_the_reason(project):
    project.data.rename(project.data.with_suffix(".away"))
    words = project.seqarena("retrain", "moves", code=4)
    assert "data refused: stage check refused the data: tasks.moves.source: moves.csv" in words
    assert ledger(project)[-1].event == "refused"
    project.data.with_suffix(".away").rename(project.data)
    assert serving(project) == "2"


def test_the_second_of_two_says_who_runs_and_leaves(project):
    with Lock(project.folder / "retraining" / "moves" / "lock", "a retraining of moves"):
        words = project.seqarena("retrain", "moves", code=5)
    assert f"a retraining of moves is running already (pid {os.getpid()} since 20" in words
    assert words.endswith(". Nothing was done; try again when it has ended.\n")


def test_a_warm_start_that_is_killed_on_its_way_is_picked_up_and_promoted_once(project):
    set_components(project, 2)
    project.params["retraining"]["moves"] |= {"warm_start": True}
    project.params["retraining"]["moves"]["gate"]["min_gain"] = -0.2
    project.write_params()
    project.killed("registered", "retrain", "moves")
    assert serving(project) == "2"
    start = project.folder / "data" / "start" / "moves-gmm"
    names = ["config.json", "manifest.json", "model.safetensors"]
    assert sorted(path.name for path in start.iterdir()) == names
    words = project.seqarena("retrain", "moves")
    assert "picked up decision 000" in words
    assert "nothing new: version 3 " in words
    assert serving(project) == "3"


def test_one_command_goes_back(project):
    project.seqarena("rollback", "moves", "--expect", "1", code=6)
    assert "version 2 serves; version 3 did before." in project.seqarena("rollback", "moves")
    assert serving(project) == "2"
    assert "which was promoted." in project.seqarena("retrain", "moves")
    assert "is not deleted" in project.seqarena("versions", "moves", "--delete", "3", code=1)
    assert "version 2 [champion]" in project.seqarena("versions", "moves")


def test_a_name_that_is_not_there_is_a_wrong_setting(project):
    words = project.seqarena("retrain", "move", code=2)
    assert "retraining.move: not there; did you mean 'moves'?" in words
