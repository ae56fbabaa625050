"""A model of a suite that is kept fresh in the suite's own workspace."""

import pytest
from retraining_scenes import Project, trials
from ruamel.yaml import YAML
from tracking_scenes import MLFLOW_WARNS

from seqarena.experiment.warm_start import StageServer
from seqarena.retraining.glance import serving_version
from seqarena.retraining.ledger import read_ledger
from seqarena.tracking.location import locate_store

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]


@pytest.fixture
def project(tmp_path):
    with StageServer() as server:
        made = Project(tmp_path / "project", server.environment)
        suite = {**made.params, "about": {"title": "Moves.", "minutes": 1}}
        suite["tasks"]["moves"]["source"]["path"] = str(made.data)
        with (made.folder / "pipelines" / "suites" / "small.yaml").open("w") as file:
            YAML(typ="safe").dump(suite, file)
        yield made


def test_a_suite_retrains_in_its_workspace_and_serves_from_the_one_registry(project):
    def seqarena(*words, code=0):
        return project.seqarena(*words, "--suite", "small", code=code)

    assert "promoted: moves version 1 serves." in seqarena("retrain", "moves")
    ledger = project.folder / "suites" / "small" / "retraining" / "moves" / "ledger.jsonl"
    assert [each.event for each in read_ledger(ledger)] == ["begun", "approved", "promoted"]
    assert serving_version(locate_store(project.folder, {}), "moves") == "1"
    assert not (project.folder / "retraining").exists()
    assert seqarena("retrain", "moves").startswith("nothing new: version 1")
    project.add(trials(60, seed=1))
    assert "would retrain: the data changed." in seqarena("retrain", "moves", "--dry-run")
    assert "version 1 [champion]" in seqarena("versions", "moves")
    words = seqarena("retrain", "moves", "--commit", code=2)
    assert words == "--commit: Git ignores the workspace of a suite; leave it out.\n"
    words = seqarena("retrain", "move", code=2)
    assert words == "retraining.move: not there; did you mean 'moves'?\n"
