"""The store is rebuilt from the journals, whatever happened to it or to their writers."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tracking_scenes import (
    MLFLOW_WARNS,
    content,
    evaluation_path,
    fit_path,
    fresh_store,
    identity,
    replay_into,
    tell_evaluation,
    tell_fit,
    write_everything,
)

from seqarena.errors import SeqarenaError
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.location import StoreLocation
from seqarena.tracking.shipper import Shipper
from seqarena.tracking.sync import SyncReport, sync

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]
KEY = identity().key


def sync_all(root: Path, location: StoreLocation) -> SyncReport:
    return sync(root / "runs", root / "reports", location)


def tell_report(root: Path) -> None:
    with Journal(root / "reports" / "journal.jsonl") as journal:
        journal.begin(RunIdentity("comparison", "comparison", "reports"))
        page = root / "reports" / "comparison.html"
        page.write_text("<p>who won</p>")
        journal.artifact(page)


def test_an_empty_store_is_rebuilt_field_by_field_as_it_was_shipped_live(tmp_path: Path) -> None:
    live = fresh_store(tmp_path / "live")
    with Shipper(live, interval=0.05) as shipper:
        for seed in (0, 1):
            shipper.follow(fit_path(tmp_path, seed))
            tell_fit(Journal(fit_path(tmp_path, seed)), identity(seed), n_steps=500)
            shipper.follow(evaluation_path(tmp_path, seed))
            tell_evaluation(Journal(evaluation_path(tmp_path, seed)), identity(seed))
        shipper.follow(tmp_path / "reports" / "journal.jsonl")
        tell_report(tmp_path)
        assert shipper.close(timeout=60)

    rebuilt = fresh_store(tmp_path / "rebuilt")
    report = sync_all(tmp_path, rebuilt)
    assert report == SyncReport(n_journals=5, n_runs=3)
    stored = content(rebuilt)
    assert sorted(stored) == ["comparison", identity(0).key, identity(1).key]
    assert stored[KEY]["artifacts"]["attention.json"]
    assert stored == content(live)

    assert sync_all(tmp_path, live) == report
    assert content(live) == stored


def test_the_folder_of_all_runs_may_move(tmp_path: Path) -> None:
    write_everything(tmp_path / "before")
    there, here = fresh_store(tmp_path / "there"), fresh_store(tmp_path / "here")
    sync_all(tmp_path / "before", there)
    shutil.move(tmp_path / "before", tmp_path / "after")
    sync_all(tmp_path / "after", here)
    assert content(here) == content(there)


_KILLED_FIT = """
import os, signal, sys
from pathlib import Path
from tracking_scenes import fit_path, identity, tell_fit
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import StoreLocation
from seqarena.tracking.shipper import Shipper
root = Path(sys.argv[1])
journal = Journal(fit_path(root))
if sys.argv[2] == "shipped":
    shipper = Shipper(StoreLocation(sys.argv[3], sys.argv[4]), interval=0.01)
    shipper.follow(journal.path)
tell_fit(journal, identity(), n_steps=50, end=False)
journal.flush()
if sys.argv[2] == "shipped":
    shipper.close(60)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("when", ["shipped", "unshipped"])
def test_a_fit_killed_before_or_after_shipping_is_complete_and_not_left_running(
    tmp_path: Path, when: str
) -> None:
    location = fresh_store(tmp_path / "store")
    command = [sys.executable, "-c", _KILLED_FIT, str(tmp_path), when]
    command += [location.tracking_uri, location.artifact_root or ""]
    done = subprocess.run(command, cwd=Path(__file__).parent, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    stored = content(location)
    assert [run["status"] for run in stored.values()] == (["RUNNING"] if when == "shipped" else [])

    report = sync_all(tmp_path, location)
    assert report == SyncReport(n_journals=1, n_runs=1, killed=[KEY])
    run = content(location)[KEY]
    assert run["status"] == "KILLED"
    assert len(run["metrics"]["train/loss"]) == 50
    assert run["end"] == run["metrics"]["train/loss"][-1][1] or run["end"] > run["start"]
    assert sync_all(tmp_path, location) == SyncReport(n_journals=1, n_runs=1)

    resumed = Journal(fit_path(tmp_path))
    tell_fit(resumed, identity(), n_steps=60)
    sync_all(tmp_path, location)
    run = content(location)[KEY]
    assert run["status"] == "FINISHED"
    assert [step for step, _, _ in run["metrics"]["train/loss"]] == list(range(60))


def test_a_run_that_is_being_told_is_left_running(tmp_path: Path) -> None:
    location = fresh_store(tmp_path / "store")
    with Journal(fit_path(tmp_path)) as journal:
        journal.begin(identity())
        assert sync_all(tmp_path, location) == SyncReport(n_journals=1, n_runs=1)
        assert content(location)[KEY]["status"] == "RUNNING"


def test_an_evaluation_that_arrived_before_its_fit_does_not_shift_the_run(tmp_path: Path) -> None:
    write_everything(tmp_path)
    late, expected = fresh_store(tmp_path / "late"), fresh_store(tmp_path / "expected")
    replay_into(late, evaluation_path(tmp_path))
    sync_all(tmp_path, expected)
    assert sync_all(tmp_path, late).rebuilt == [KEY]
    assert content(late) == content(expected)


def test_an_evaluation_told_anew_leaves_nothing_of_the_old_one_behind(tmp_path: Path) -> None:
    write_everything(tmp_path)
    location, expected = fresh_store(tmp_path / "store"), fresh_store(tmp_path / "expected")
    sync_all(tmp_path, location)
    evaluation_path(tmp_path).unlink()
    with Journal(evaluation_path(tmp_path)) as journal:
        journal.begin(identity())
        journal.metric("test/exact_match", 0.5, 0)
    replay_into(location, evaluation_path(tmp_path))
    assert len(content(location)[KEY]["metrics"]["test/exact_match"]) == 2
    assert sync_all(tmp_path, location).rebuilt == [KEY]
    sync_all(tmp_path, expected)
    assert content(location) == content(expected)
    assert len(content(location)[KEY]["metrics"]["test/exact_match"]) == 1


def test_a_newer_run_from_elsewhere_is_left_alone(tmp_path: Path) -> None:
    location = fresh_store(tmp_path / "store")
    tell_fit(Journal(fit_path(tmp_path / "mine")), identity(), n_steps=5)
    time.sleep(0.01)
    tell_fit(Journal(fit_path(tmp_path / "theirs")), identity(), n_steps=3)
    sync_all(tmp_path / "theirs", location)
    before = content(location)
    report = sync_all(tmp_path / "mine", location)
    note = f"{KEY}: the store has a newer run from elsewhere; left as it is."
    assert report == SyncReport(n_journals=1, n_runs=1, notes=[note])
    assert content(location) == before


def test_broken_and_empty_journals_are_named_and_hold_nothing_up(tmp_path: Path) -> None:
    write_everything(tmp_path)
    broken = tmp_path / "runs" / "broken" / "journal.jsonl"
    empty = tmp_path / "runs" / "empty" / "journal.jsonl"
    for path, text in ((broken, '{"kind": "end", "time": 1, '), (empty, "")):
        path.parent.mkdir()
        path.write_text(text)
    broken.write_text('{"kind": "tags", "time": 1, "tags": {}}\n')
    location = fresh_store(tmp_path / "store")
    report = sync_all(tmp_path, location)
    assert report.failed == [f"{broken}: does not begin with a run, so it is not a journal."]
    assert report.notes == [f"{empty}: its writer was stopped before it told anything."]
    assert len(content(location)) == 2


def test_two_runs_of_one_key_become_one(tmp_path: Path) -> None:
    location = fresh_store(tmp_path / "store")
    write_everything(tmp_path)
    sync_all(tmp_path, location)
    expected = content(location)
    from seqarena.tracking.client_environment import PATIENT, client_environment
    from seqarena.tracking.mlflow_store import Store

    with client_environment(PATIENT):
        start = expected[KEY]["start"]
        Store(location).create("dates", "copy", start + 1, {"seqarena.key": KEY})
        sync_all(tmp_path, location)
        client = Store(location).client
        experiment = client.get_experiment_by_name("dates")
        assert len(client.search_runs([experiment.experiment_id])) == 2
    assert content(location) == expected


def test_a_store_that_cannot_be_opened_is_named_without_its_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(SeqarenaError) as caught:
        sync_all(tmp_path, StoreLocation("http://u:canary@127.0.0.1:9", None))
    message = str(caught.value)
    assert message.startswith("the tracking store http://***@127.0.0.1:9 cannot be opened (")
    assert message.endswith(
        "; start it, or set MLFLOW_TRACKING_URI to another one. "
        "The journals keep everything meanwhile."
    )
    assert "canary" not in message


def test_a_sync_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    before = dict(os.environ)
    sync_all(tmp_path, fresh_store(tmp_path / "store"))
    assert dict(os.environ) == before
