"""A process that is killed between any two steps of a promotion, and the next one that follows."""

import json
import os
import signal

import pytest
from tracking_scenes import MLFLOW_WARNS, fresh_store

from seqarena.errors import ArtifactError
from seqarena.experiment.layout import Workspace
from seqarena.retraining import steps
from seqarena.retraining.config import RetrainingConfig
from seqarena.retraining.context import Context
from seqarena.retraining.decision import Contestant, Decision, write_decision
from seqarena.retraining.gate.verdict import judged
from seqarena.retraining.ledger import read_ledger
from seqarena.retraining.outcomes import MovedError
from seqarena.retraining.package import PACKAGE
from seqarena.retraining.reconcile import reconcile
from seqarena.retraining.rollback import delete_version, roll_back, versions
from seqarena.retraining.settle import open_registry, promote
from seqarena.retraining.tell import tell_decision

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings(MLFLOW_WARNS),
]

STEPS = ("stored", "registered", "moved", "promoted")


@pytest.fixture
def context(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = tmp_path / "home"
    fresh_store(home)
    config = RetrainingConfig(task="moves", registered_model="moves", experiments=["moves-gmm"])
    return Context("moves", config, Workspace(home, home))


def decide(context, number, champion=None, promotes=True):
    """Write the folder of a decision as `attempt` does, with a package of one file."""
    decision = Decision(
        identity=f"{number:04d}-abcdef01",
        name="moves",
        task="moves",
        inputs={"data": f"data {number}"},
        changed=["the data"],
        challenger=Contestant("moves-gmm", 0, f"fit{number}", {"train": "ab" * 32}),
        champion=None
        if champion is None
        else Contestant("moves-gmm", 0, "fit", {"train": "cd" * 32}, version=champion),
        verdicts=[judged("improvement", promotes, "better.")],
        metrics={"both/accuracy/challenger": 0.9},
    )
    folder = context.home.decision(decision.identity)
    (folder / PACKAGE / "model").mkdir(parents=True)
    (folder / PACKAGE / "model" / "MLmodel").write_text(json.dumps({"number": number}))
    write_decision(folder, decision)
    tell_decision(folder, decision)
    return context.record("approved", decision=decision.identity, inputs=decision.inputs)


def promoted(context, number, champion=None):
    approved = decide(context, number, champion)
    with open_registry(context) as (store, registry):
        return promote(context, store, registry, approved)


def aliases(context):
    with open_registry(context) as (_, registry):
        return {each.number: each.aliases for each in registry.versions()}


def kill_behind(step, work, monkeypatch):
    """Run `work` in a process of its own, which is killed when it has passed a step."""
    pid = os.fork()
    if pid == 0:
        monkeypatch.setattr(
            steps, "passed", lambda now: os.kill(os.getpid(), 9) if now == step else None
        )
        try:
            work()
        finally:
            os._exit(1)
    _, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_whoever_comes_after_a_kill_promotes_once(context, monkeypatch, step):
    assert promoted(context, 1) == "1"
    approved = decide(context, 2, champion="1")

    def promote_in_child():
        with open_registry(context) as (store, registry):
            promote(context, store, registry, approved)

    kill_behind(step, promote_in_child, monkeypatch)
    for _ in range(2):
        reconcile(context)
        assert aliases(context) == {"2": ("champion",), "1": ("previous",)}
    told = [entry.event for entry in read_ledger(context.home.ledger)]
    assert told == ["approved", "promoted", "approved", "promoted"]


def test_a_promotion_bears_its_evidence(context):
    promoted(context, 1)
    with open_registry(context) as (store, registry):
        version = registry.version("1")
        run = store.client.get_run(version.run_id)
        files = {each.path for each in store.client.list_artifacts(version.run_id)}
    assert version.tags["fingerprint"] == "fit1"
    assert version.tags["data.train"] == "ab" * 32
    assert version.tags["accuracy"] == "0.9"
    assert version.tags["seqarena.ledger"] == read_ledger(context.home.ledger)[0].sha256
    assert run.data.tags["verdict"] == "approved"
    assert run.data.tags["gate.improvement"] == "passed"
    assert run.data.metrics["both/accuracy/challenger"] == 0.9
    assert files == {"decision.json", "decision.md", "package"}


def test_a_challenger_that_was_judged_against_another_champion_is_void(context):
    promoted(context, 1)
    promoted(context, 2, champion="1")
    assert promoted(context, 3, champion="1") is None
    assert aliases(context) == {"3": (), "2": ("champion",), "1": ("previous",)}
    assert read_ledger(context.home.ledger)[-1].event == "abandoned"
    assert context.standing().pending is None


def test_back_and_forth(context):
    promoted(context, 1)
    promoted(context, 2, champion="1")
    roll_back(context, None, "2")
    assert aliases(context) == {"2": ("previous",), "1": ("champion",)}
    roll_back(context, "2", None)
    assert aliases(context) == {"2": ("champion",), "1": ("previous",)}
    told = [entry.event for entry in read_ledger(context.home.ledger)][-4:]
    assert told == ["rollback_begun", "rolled_back"] * 2
    standing = context.standing()
    assert (standing.champion, standing.champion_inputs) == ("2", {"data": "data 2"})


def test_a_rollback_from_another_version_than_expected_moves_nothing(context):
    promoted(context, 1)
    promoted(context, 2, champion="1")
    with pytest.raises(MovedError, match="version 2 serves, and 1 was expected"):
        roll_back(context, None, "1")
    assert aliases(context)["2"] == ("champion",)


def test_a_rollback_that_was_killed_is_finished_by_the_next_run(context, monkeypatch):
    promoted(context, 1)
    promoted(context, 2, champion="1")
    context.record("rollback_begun", version="1", previous="2")
    assert reconcile(context) == ["moves: version 1 serves; version 2 did before."]
    assert aliases(context) == {"2": ("previous",), "1": ("champion",)}


def test_what_serves_or_served_last_is_not_deleted(context):
    for number in (1, 2, 3):
        promoted(context, number, champion=str(number - 1) if number > 1 else None)
    with pytest.raises(ArtifactError, match="version 3 is the champion, and is not deleted"):
        delete_version(context, "3")
    with pytest.raises(ArtifactError, match="version 2 is the previous, and is not deleted"):
        delete_version(context, "2")
    with pytest.raises(ArtifactError, match="moves has no version 9; it has 3, 2, 1"):
        delete_version(context, "9")
    delete_version(context, "1")
    assert list(aliases(context)) == ["3", "2"]
    assert versions(context)[0].startswith("version 3 [champion]: moves-gmm, decision 0003")


def test_a_champion_that_somebody_moved_by_hand_is_adopted(context):
    promoted(context, 1)
    promoted(context, 2, champion="1")
    with open_registry(context) as (store, _):
        store.client.set_registered_model_alias("moves", "champion", "1")
    (line,) = reconcile(context)
    assert "version 1 serves, and the ledger said 2" in line
    assert context.standing().champion == "1"
    assert reconcile(context) == []


def test_a_registry_that_was_lost_gets_its_champion_back(context):
    promoted(context, 1)
    with open_registry(context) as (store, _):
        store.client.delete_registered_model("moves")
    (line,) = reconcile(context)
    assert "restored from 0001-abcdef01" in line
    assert aliases(context) == {"1": ("champion",)}
    assert reconcile(context) == []
