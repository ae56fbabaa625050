"""Journals replayed into real SQLite stores of MLflow."""

import json
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from tracking_scenes import (
    MLFLOW_WARNS,
    content,
    evaluation_path,
    fit_path,
    fresh_store,
    identity,
    replay_into,
    tell_fit,
    write_everything,
)

from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.events import TableWritten
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.sqlite_store import open_prepared
from seqarena.tracking.tables import write_table

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]
KEY = identity().key


def test_a_run_in_the_store_is_what_the_journals_tell(tmp_path: Path) -> None:
    write_everything(tmp_path)
    store = fresh_store(tmp_path / "store")
    assert replay_into(store, fit_path(tmp_path), evaluation_path(tmp_path)) == []
    run = content(store)[KEY]
    assert (run["experiment"], run["name"]) == ("dates", "lstm-dates seed 0")
    assert run["status"] == "FINISHED"
    assert run["params"] == {"family.kind": "lstm", "family.model_dim": "64"}
    assert run["tags"]["task"] == "dates"
    assert run["tags"]["mlflow.note.content"] == "# Dates"
    losses = [(step, value) for step, _, value in run["metrics"]["train/loss"]]
    assert losses == [(step, 1 / (step + 1)) for step in range(20)]
    assert run["metrics"]["test/exact_match"][0][2] == 0.75
    name, digest, profile, _, context = run["datasets"][0]
    assert (name, digest, context) == ("dates/train", "ab" * 6, "training")
    assert json.loads(profile) == {"n_sequences": 100}
    assert {"model.safetensors", "settings/config.json", "attention/probe-2.png"} <= set(
        run["artifacts"]
    )


def test_the_store_keeps_the_times_of_the_journal(tmp_path: Path) -> None:
    tell_fit(Journal(fit_path(tmp_path)), identity())
    lines = [json.loads(line) for line in fit_path(tmp_path).read_text().splitlines()]
    store = fresh_store(tmp_path / "store")
    replay_into(store, fit_path(tmp_path))
    run = content(store)[KEY]
    assert (run["start"], run["end"]) == (lines[0]["time"], lines[-1]["time"])
    told = [line["time"] for line in lines if line.get("name") == "train/loss"]
    assert [time for _, time, _ in run["metrics"]["train/loss"]] == told


@pytest.mark.parametrize("thorough", [False, True])
def test_replaying_again_changes_nothing(tmp_path: Path, thorough: bool) -> None:
    write_everything(tmp_path)
    store = fresh_store(tmp_path / "store")
    journals = [fit_path(tmp_path), evaluation_path(tmp_path)]
    replay_into(store, *journals)
    once = content(store)
    replay_into(store, *journals, thorough=thorough)
    assert content(store) == once


def test_a_journal_replayed_in_pieces_gives_the_same_run(tmp_path: Path) -> None:
    tell_fit(Journal(fit_path(tmp_path)), identity())
    whole = fresh_store(tmp_path / "whole")
    replay_into(whole, fit_path(tmp_path))
    pieces = fresh_store(tmp_path / "pieces")
    lines = fit_path(tmp_path).read_bytes().splitlines(keepends=True)
    for n_lines in (1, 2, 15, len(lines) - 1, len(lines)):
        fit_path(tmp_path).write_bytes(b"".join(lines[:n_lines]) + lines[-1][:5])
        replay_into(pieces, fit_path(tmp_path))
    fit_path(tmp_path).write_bytes(b"".join(lines))
    assert content(pieces) == content(whole)


def test_a_crash_between_sending_and_noting_the_position_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell_fit(Journal(fit_path(tmp_path)), identity())
    whole = fresh_store(tmp_path / "whole")
    replay_into(whole, fit_path(tmp_path))
    broken = fresh_store(tmp_path / "broken")
    real_log = Store.log
    with monkeypatch.context() as patch:

        def log_without_tags(store, run_id, metrics, params, tags):
            real_log(store, run_id, metrics, params, {})
            raise ConnectionError("the cable was pulled")

        patch.setattr(Store, "log", log_without_tags)
        with pytest.raises(ConnectionError):
            replay_into(broken, fit_path(tmp_path))
    replay_into(broken, fit_path(tmp_path))
    assert content(broken) == content(whole)


def test_more_rows_than_a_request_holds_all_arrive(tmp_path: Path) -> None:
    with Journal(fit_path(tmp_path)) as journal:
        journal.begin(identity())
        journal.params({f"p{index}": index for index in range(250)})
        journal.tags({f"t{index}": str(index) for index in range(250)})
        for step in range(2000):
            journal.metric("loss", 1.0, step)
    store = fresh_store(tmp_path / "store")
    replay_into(store, fit_path(tmp_path))
    run = content(store)[KEY]
    assert len(run["metrics"]["loss"]) == 2000
    assert len(run["params"]) == 250
    assert {f"t{index}" for index in range(250)} <= set(run["tags"])


# MLflow's own log_table, to which ours is compared, uses what pandas 3 deprecates.
@pytest.mark.filterwarnings("ignore:For backward compatibility, 'str' dtypes:DeprecationWarning")
def test_the_table_reads_like_one_that_mlflow_wrote(tmp_path: Path) -> None:
    import mlflow
    import pandas as pd

    write_everything(tmp_path)
    location = fresh_store(tmp_path / "store")
    replay_into(location, *(fit_path(tmp_path, seed) for seed in (0, 1)))
    replay_into(location, *(evaluation_path(tmp_path, seed) for seed in (0, 1)))
    with client_environment(PATIENT):
        client = Store(location).client
        experiment = client.get_experiment_by_name("dates")
        ours, also_ours = client.search_runs([experiment.experiment_id])
        theirs = client.create_run(experiment.experiment_id)
        pictures = [
            mlflow.Image(str(evaluation_path(tmp_path).parent / f"attention/probe-{row}.png"))
            for row in range(3)
        ]
        table = pd.DataFrame({"probe": ["a", "b", "c"], "picture": pictures})
        client.log_table(theirs.info.run_id, table, "attention.json")
        theirs = client.get_run(theirs.info.run_id)
        assert (
            ours.data.tags["mlflow.loggedArtifacts"]
            == theirs.data.tags["mlflow.loggedArtifacts"]
            == also_ours.data.tags["mlflow.loggedArtifacts"]
        )
        our_table, their_table = (
            json.loads(mlflow.artifacts.load_text(f"{run.info.artifact_uri}/attention.json"))
            for run in (ours, theirs)
        )
        assert our_table.keys() == their_table.keys()
        assert our_table["columns"] == their_table["columns"]
        for our_row, their_row in zip(our_table["data"], their_table["data"], strict=True):
            assert our_row[0] == their_row[0]
            assert our_row[1].keys() == their_row[1].keys()
            our_file, their_file = (
                Path(client.download_artifacts(run.info.run_id, row[1]["filepath"]))
                for run, row in ((ours, our_row), (theirs, their_row))
            )
            assert our_file.read_bytes() == their_file.read_bytes()
            assert Path(our_row[1]["compressed_filepath"]).suffix == ".webp"
            assert Path(their_row[1]["compressed_filepath"]).suffix == ".webp"


@pytest.mark.parametrize("size", [(400, 200), (100, 300), (2000, 10), (1, 1)])
def test_a_picture_stands_whole_in_the_half_that_a_row_shows(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    Image.new("RGB", size, (255, 0, 0)).save(tmp_path / "a.png")
    cell = {"image": "a.png", "sha256": "ab" * 32}
    write_table(TableWritten(0, "t", {"picture": [cell]}), tmp_path, tmp_path / "run")
    with Image.open(tmp_path / f"run/table_images/t/{'ab' * 16}.webp") as small:
        left, top, right, bottom = small.getchannel("A").getbbox() or (0, 0, 0, 0)
        assert small.size == (512, 512)
    assert top == 0 and bottom <= 256 and abs(left + right - 512) <= 1
    assert right - left == 512 or bottom == 256
    assert (right - left) / bottom == pytest.approx(size[0] / size[1], rel=0.3)


def test_mlflow_loads_the_tables_of_several_runs_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    write_everything(tmp_path)
    location = fresh_store(tmp_path / "store")
    replay_into(location, *(evaluation_path(tmp_path, seed) for seed in (0, 1)))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", location.tracking_uri)
    with client_environment(PATIENT):
        experiment = Store(location).client.get_experiment_by_name("dates")
        mlflow.set_experiment(experiment_id=experiment.experiment_id)
        table = mlflow.load_table("attention.json", extra_columns=["run_id"])
    assert list(table["probe"]) == ["a", "b", "c"] * 2
    assert table["run_id"].nunique() == 2


def test_a_file_that_was_altered_or_deleted_is_noted_and_holds_nothing_up(tmp_path: Path) -> None:
    tell_fit(Journal(fit_path(tmp_path)), identity())
    (fit_path(tmp_path).parent / "model.safetensors").write_bytes(b"WEIGHTS")
    (fit_path(tmp_path).parent / "config.json").unlink()
    store = fresh_store(tmp_path / "store")
    assert replay_into(store, fit_path(tmp_path)) == [
        f"{fit_path(tmp_path)}: model.safetensors was altered after it was told.",
        f"{fit_path(tmp_path)}: config.json cannot be read: No such file or directory.",
    ]
    run = content(store)[KEY]
    assert (run["status"], run["artifacts"]) == ("FINISHED", {})


def test_a_param_that_another_part_told_otherwise_keeps_its_value(tmp_path: Path) -> None:
    for path, width in ((fit_path(tmp_path), 64), (evaluation_path(tmp_path), 128)):
        with Journal(path) as journal:
            journal.begin(identity())
            journal.params({"width": width, path.parts[-3]: 1})
    store = fresh_store(tmp_path / "store")
    assert replay_into(store, fit_path(tmp_path), evaluation_path(tmp_path)) == [
        f"{evaluation_path(tmp_path)}: param 'width' is stored as '64' and cannot become '128'."
    ]
    assert content(store)[KEY]["params"] == {"width": "64", "fit": "1", "evaluation": "1"}


def test_a_fit_told_anew_replaces_the_run_and_an_older_telling_does_not(tmp_path: Path) -> None:
    store = fresh_store(tmp_path / "store")
    tell_fit(Journal(fit_path(tmp_path / "old")), identity(), n_steps=5)
    time.sleep(0.01)
    tell_fit(Journal(fit_path(tmp_path / "new")), identity(), n_steps=3)
    replay_into(store, fit_path(tmp_path / "old"))
    replay_into(store, fit_path(tmp_path / "new"))
    assert len(content(store)[KEY]["metrics"]["train/loss"]) == 3
    notes = replay_into(store, fit_path(tmp_path / "old"))
    assert notes == [f"{fit_path(tmp_path / 'old')}: the store has a newer run of {KEY!r}."]
    assert len(content(store)[KEY]["metrics"]["train/loss"]) == 3


def test_a_failed_run_is_marked_and_a_resumed_one_runs_again(tmp_path: Path) -> None:
    store = fresh_store(tmp_path / "store")
    path = fit_path(tmp_path)
    with pytest.raises(ValueError, match="bad"), Journal(path) as journal:
        journal.begin(identity())
        raise ValueError("bad http://u:canary@h/x")
    replay_into(store, path)
    failed = content(store)[KEY]
    assert failed["status"] == "FAILED"
    assert failed["tags"]["seqarena.message"] == "ValueError: bad http://***@h/x"

    time.sleep(0.01)
    with pytest.raises(ValueError, match="again"), Journal(path) as journal:
        journal.begin(identity())
        raise ValueError("again")
    replay_into(store, path)
    again = content(store)[KEY]
    assert (again["status"], again["start"]) == ("FAILED", failed["start"])
    assert again["end"] > failed["end"]

    resumed = Journal(path)
    resumed.begin(identity())
    replay_into(store, path)
    assert content(store)[KEY]["status"] == "RUNNING"
    resumed.end("FINISHED")
    replay_into(store, path)
    assert content(store)[KEY]["status"] == "FINISHED"


def test_a_deleted_experiment_is_taken_out_of_the_bin(tmp_path: Path) -> None:
    store = fresh_store(tmp_path / "store")
    tell_fit(Journal(fit_path(tmp_path)), identity())
    replay_into(store, fit_path(tmp_path))
    with client_environment(PATIENT):
        client = Store(store).client
        client.delete_experiment(client.get_experiment_by_name("dates").experiment_id)
    replay_into(store, fit_path(tmp_path))
    assert list(content(store)) == [KEY]


def test_a_journal_that_lost_its_end_in_a_power_cut_goes_on_in_the_store(tmp_path: Path) -> None:
    store = fresh_store(tmp_path / "store")
    journal = Journal(fit_path(tmp_path))
    tell_fit(journal, identity(), n_steps=50, end=False)
    journal.close()
    replay_into(store, fit_path(tmp_path))
    whole = fit_path(tmp_path).read_bytes()
    fit_path(tmp_path).write_bytes(whole[: len(whole) // 2])
    journal = Journal(fit_path(tmp_path))
    journal.begin(identity())
    journal.tags({"long": "x" * len(whole)})
    journal.metric("train/loss", 0.5, 999)
    journal.end("FINISHED")
    assert replay_into(store, fit_path(tmp_path)) == []
    run = content(store)[KEY]
    assert run["status"] == "FINISHED"
    assert [step for step, _, _ in run["metrics"]["train/loss"]] == [*range(50), 999]


def test_folders_with_odd_names_hold_a_store(tmp_path: Path) -> None:
    store = fresh_store(tmp_path / "it's 50% #1, ü")
    write_everything(tmp_path)
    replay_into(store, fit_path(tmp_path), evaluation_path(tmp_path))
    assert content(store)[KEY]["artifacts"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["it's 50% #1, ü", "runs"]
    written = {path.name for path in (tmp_path / "it's 50% #1, ü").iterdir()}
    assert {"mlflow.db", "mlflow.db-lock", "mlartifacts"} <= written


_WRITER = """
import sys
from pathlib import Path
from tracking_scenes import fit_path, identity, replay_into, tell_fit
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import locate_store
root, seed = Path(sys.argv[1]), int(sys.argv[2])
tell_fit(Journal(fit_path(root, seed)), identity(seed), n_steps=60)
replay_into(locate_store(root, {}), fit_path(root, seed))
"""


def test_four_processes_may_open_a_fresh_store_at_once(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(tmp_path), str(seed)],
            cwd=Path(__file__).parent,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    errors = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    assert errors == [""] * 4
    stored = content(locate_store(tmp_path, {}))
    assert sorted(stored) == [identity(seed).key for seed in range(4)]
    assert all(len(run["metrics"]["train/loss"]) == 60 for run in stored.values())
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_an_outdated_store_is_upgraded_after_a_copy_was_made(tmp_path: Path) -> None:
    database = fresh_store(tmp_path / "store").database
    assert database is not None
    answers = iter([RuntimeError("Detected out-of-date database schema (found version 1)"), None])

    def open_store(path: Path) -> None:
        assert path == database
        if (answer := next(answers)) is not None:
            raise answer

    open_prepared(database, open_store)
    assert next(answers, "asked twice") == "asked twice"
    assert database.with_name("mlflow.db-backup").stat().st_size > 100_000


def test_a_store_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    database = tmp_path / "mlflow.db"

    def stop_halfway(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE first_of_two (a)")
        raise KeyboardInterrupt

    def make(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection:
            if path != database:
                connection.execute("CREATE TABLE first_of_two (a)")
            connection.execute("SELECT * FROM first_of_two")

    with pytest.raises(KeyboardInterrupt):
        open_prepared(database, stop_halfway)
    assert not database.exists()
    open_prepared(database, make)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mlflow.db", "mlflow.db-lock"]
