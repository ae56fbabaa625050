"""MLflow on PostgreSQL, started for real: two fits feed it, it comes and goes, nothing is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from server_scenes import (
    PATIENCE,
    ROOT,
    ServerProcess,
    Visitor,
    all_gone,
    environment_of_a_user,
    free_port,
    reachable_folder,
    running,
    skip_without_postgresql,
    slowness,
    told,
)
from tracking_scenes import MLFLOW_WARNS

from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.location import locate_store
from seqarena.tracking.mlflow_store import Store

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]
EXPERIMENTS = ("lagged-gru", "lagged-lstm")
PARAMS = {
    "seeds": [0],
    "hardware": {"accelerator": "cpu", "devices": 1},
    "tasks": {
        "lagged": {
            "kind": "density",
            "source": {
                "kind": "lagged_markov_source",
                "draw": {"length": 20, "n_train": 64, "n_valid": 8, "n_test": 8},
            },
            "training": {"batch_size": 8, "max_epochs": 300, "patience": 300},
            "n_probes": 0,
        }
    },
    "families": {
        "gru": {"kind": "gru", "model_dim": 8},
        "lstm": {"kind": "lstm", "model_dim": 8},
    },
    "experiments": {
        "lagged-gru": {"task": "lagged", "family": "gru"},
        "lagged-lstm": {"task": "lagged", "family": "lstm"},
    },
}


@pytest.fixture
def folder() -> Iterator[Path]:
    skip_without_postgresql()
    with reachable_folder() as folder:
        yield folder


def run_in(workspace: Path, client: dict[str, str], *command: str) -> "subprocess.Popen[str]":
    """Start a program of a user's in the workspace, with the server's address and password."""
    return subprocess.Popen(
        [sys.executable, *command],
        cwd=workspace,
        env={**environment_of_a_user(), **client},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def said(process: "subprocess.Popen[str]") -> str:
    """Return what a program that succeeds says."""
    words, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, words
    return words


def job(workspace: Path, client: dict[str, str], experiment: str) -> "subprocess.Popen[str]":
    """Start what each of two processes does: one fit of the workspace."""
    arguments = (experiment, "data/prepared/lagged", f"runs/{experiment}/fit")
    return run_in(workspace, client, str(ROOT / "pipelines/train.py"), *arguments)


@contextmanager
def jobs(workspace: Path, client: dict[str, str]) -> Iterator[list["subprocess.Popen[str]"]]:
    """Run the jobs of all experiments at once; none is left when the block ends."""
    begun = [job(workspace, client, name) for name in EXPERIMENTS]
    try:
        yield begun
    finally:
        for each in begun:
            if each.returncode is None:
                each.kill()
                sys.stdout.write(each.communicate()[0])


def make_workspace(folder: Path) -> Path:
    folder.mkdir()
    with (folder / "params.yaml").open("w") as file:
        YAML(typ="safe").dump(PARAMS, file)
    script = str(ROOT / "pipelines/prepare.py")
    said(run_in(folder, {}, script, "lagged", "data/prepared/lagged"))
    return folder


def test_two_fits_lose_nothing_when_the_server_is_restarted_under_them(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(folder / "work")
    with running(folder / "data") as server, jobs(workspace, server.client) as fits:
        visitor = Visitor(server, workspace, monkeypatch)
        end = time.monotonic() + PATIENCE
        while len([run for run in visitor.runs("lagged").values() if run.data.metrics]) < len(fits):
            assert time.monotonic() < end
            time.sleep(0.2)
        assert server.end() == 0
        assert [fit.poll() for fit in fits] == [None, None], "the fits must outlast this moment"
        server.start()
        for fit in fits:
            said(fit)
        words = said(run_in(workspace, server.client, "-m", "seqarena.cli", "sync"))
        assert words.endswith(f"{server.url}: 2 runs from 4 journals.\n"), words
        expected = told(workspace)
        assert len(expected) == 2
        assert all(len(rows) > 300 for rows in expected.values())
        assert visitor.rows("lagged") == expected
        assert {run.info.status for run in visitor.runs("lagged").values()} == {"FINISHED"}


def test_it_ends_without_a_trace_and_begins_again_with_all_it_had(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running(folder / "data") as server:
        visitor = Visitor(server, folder, monkeypatch)
        with client_environment(PATIENT):
            Store(locate_store(folder)).create("lagged", "a", 1, {"seqarena.key": "a"})
        processes = server.processes()
        assert len(processes) > 3

        taken = server.refuse("--port", str(free_port()))
        assert taken == (
            1,
            f"SeqarenaError: {server.folder}: a server runs on it already (process "
            f"{processes[0].pid}); end that one, or choose another folder.\n",
        )

        before = time.monotonic()
        assert server.end() == 0
        assert time.monotonic() - before < 10 * slowness()
        assert all_gone(processes, within=0)

        server.start()
        assert list(visitor.runs("lagged")) == ["a"]
        processes = server.processes()
        server.end(signal.SIGKILL)
        # Nobody is left who could kill them: they end when they get the processor.
        assert all_gone(processes, within=10 * slowness())

        # As after an upgrade of MLflow: the schema is that of another version.
        (server.folder / "mlflow-version").write_text("2.0.0")
        server.start()
        assert list(visitor.runs("lagged")) == ["a"]
        copies = sorted(path.name for path in (server.folder / "backups").iterdir())
        assert copies == ["mlflow-of-mlflow-2.0.0.dump", "mlflow_accounts-of-mlflow-2.0.0.dump"]
        assert all(copy.stat().st_size for copy in (server.folder / "backups").iterdir())
        assert (server.folder / "mlflow-version").read_text() != "2.0.0"


def test_a_start_that_cannot_be_says_why_and_leaves_nothing(folder: Path) -> None:
    server = ServerProcess(folder / "data")
    code, words = server.refuse("--host", "0.0.0.0", "--no-authentication", "--allow-host", "a.org")
    assert (code, words) == (
        2,
        "--host 0.0.0.0 with --no-authentication: whoever reaches this machine could read, change "
        "and delete every run; keep authentication, or --host 127.0.0.1.\n",
    )
    assert not server.folder.exists()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQARENA_SERVER_PASSWORD", "short")
        code, words = server.refuse()
    assert (code, words) == (
        2,
        "SEQARENA_SERVER_PASSWORD: has 5 characters; MLflow takes passwords of at least 12.\n",
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts it as somebody else")
def test_a_folder_that_the_databases_account_cannot_enter_is_refused(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    server = ServerProcess(folder / "closed" / "data")
    assert server.refuse() == (
        2,
        f"{server.folder}: the account 'postgres', whom the database runs as, cannot enter it; "
        "choose a folder whose parents let everybody pass, such as /var/lib/seqarena.\n",
    )
    code, words = server.refuse("--account", "nobody-of-that-name")
    assert code == 2
    assert words.startswith("--account nobody-of-that-name: PostgreSQL does not run as root, and")


CANARY = "canary-canary@/:%"


def test_credentials_reach_neither_the_server_nor_a_journal(folder: Path) -> None:
    """The password stands in the address, as users write it in spite of all advice."""
    workspace = make_workspace(folder / "work")
    environment = {"SEQARENA_SERVER_PASSWORD": CANARY}
    with running(folder / "data", environment=environment) as server:
        address = server.url.replace("://", "://admin:canary-canary%40%2F%3A%25@")
        client = {"MLFLOW_TRACKING_URI": address}
        params = workspace / "params.yaml"
        params.write_text(params.read_text().replace("300", "3"))
        words = said(job(workspace, client, EXPERIMENTS[0]))
        words += said(run_in(workspace, client, "-m", "seqarena.cli", "sync", "--thorough"))
        words += said(run_in(workspace, client, "-m", "seqarena.cli", "ui"))
        assert f"http://***@127.0.0.1:{server.port}: 1 run from 2 journals." in words
        words += server.words
        server.end()
        assert "canary" not in words
        holders = [
            path
            for path in (*workspace.rglob("*"), *server.folder.rglob("*"))
            if path.is_file() and b"canary" in path.read_bytes()
        ]
        assert holders == []
        assert json.loads((workspace / "runs/lagged-gru/fit/seed-0/report.json").read_text())
