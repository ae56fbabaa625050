"""A real server for tests: started by the command that users type, in a folder that goes again."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest

from seqarena.errors import ConfigError
from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.events import MetricLogged, RunBegun
from seqarena.tracking.location import locate_store
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.reading import JOURNAL_NAME, read_journal
from seqarena.tracking_server.account import database_account
from seqarena.tracking_server.postgres import find_programs

ROOT = Path(__file__).parents[2]
PATIENCE = 900
"""For what takes seconds on an idle machine [seconds]."""


def skip_without_postgresql() -> None:
    """Skip, and say what is missing."""
    try:
        find_programs()
        database_account("postgres")
    except ConfigError as error:
        pytest.skip(str(error))
    for module in ("psycopg", "flask_wtf"):
        if find_spec(module) is None:
            pytest.skip(f"{module} is not installed: it belongs to seqarena[server].")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def reachable_folder() -> Iterator[Path]:
    """Give a folder that the database's account can enter: pytest's own are closed to it."""
    folder = Path(tempfile.mkdtemp(prefix="seqarena-server-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


class ServerProcess:
    """A server that can be ended and started again on the same folder and port."""

    def __init__(self, folder: Path, *options: str, environment: Mapping[str, str] = {}) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._options = options
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self.words = ""

    @property
    def password(self) -> str:
        return (self.folder / "secrets" / "admin-password").read_text().strip()

    @property
    def client(self) -> dict[str, str]:
        """Variables of a client, as docs/how-to/server.md tells users to set them."""
        return {
            "MLFLOW_TRACKING_URI": self.url,
            "MLFLOW_TRACKING_USERNAME": "admin",
            "MLFLOW_TRACKING_PASSWORD": self.password,
        }

    def start(self) -> None:
        """Start it, and wait for its greeting, which comes when it answers."""
        command = [str(ROOT / "deploy/server/start.sh"), str(self.folder)]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), *self._options],
            env={**environment_of_a_user(), **self._environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        output = self._process.stdout
        assert output is not None
        while "Sign in" not in self.words:
            line = output.readline()
            assert line, self.words
            self.words += line

    def processes(self) -> list[psutil.Process]:
        """Return every process of it."""
        assert self._process is not None
        own = psutil.Process(self._process.pid)
        return [own, *own.children(recursive=True)]

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """Send it a signal, and return its exit code."""
        assert self._process is not None
        self._process.send_signal(by)
        code = self._process.wait(PATIENCE)
        self.words = ""
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process = None
        return code

    def refuse(self, *options: str) -> tuple[int, str]:
        """Return the code and the words of a start that fails."""
        command = [str(ROOT / "deploy/server/start.sh"), str(self.folder), *options]
        done = subprocess.run(
            command,
            env={**environment_of_a_user(), **self._environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
        return done.returncode, done.stdout + done.stderr

    def is_running(self) -> bool:
        return self._process is not None


def environment_of_a_user() -> dict[str, str]:
    """Return this process's variables without those of MLflow, and with the Python that runs."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    path = os.pathsep.join(filter(None, [str(ROOT / "src"), os.environ.get("PYTHONPATH")]))
    return {**kept, "PYTHON": sys.executable, "PYTHONPATH": path}


@contextmanager
def running(folder: Path, *options: str, **settings: Mapping[str, str]) -> Iterator[ServerProcess]:
    """Run a server in the folder while the block lasts."""
    server = ServerProcess(folder, *options, **settings)
    server.start()
    try:
        yield server
    finally:
        if server.is_running():
            server.end()


def slowness() -> float:
    """Return how many times longer work takes here and now than on a machine that is idle."""
    began, spent = time.monotonic(), time.process_time()
    while time.process_time() - spent < 0.2:
        pass
    return max(1.0, (time.monotonic() - began) / 0.2)


def all_gone(processes: list[psutil.Process], within: float) -> bool:
    """Say whether all of them end in time [seconds]; what waits to be reaped has ended."""
    end = time.monotonic() + within
    while any(map(_runs, processes)):
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def _runs(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


Rows = dict[str, set[tuple[str, int, int, float]]]
"""Every number of runs: its name, step, time and value, by the run's key."""


def told(workspace: Path) -> Rows:
    """Return what all journals of a workspace tell, but those of its scratch folder."""
    rows: Rows = defaultdict(set)
    for path in sorted(workspace.glob(f"r*/**/{JOURNAL_NAME}")):
        first, *rest = read_journal(path)
        assert isinstance(first, RunBegun)
        metrics = [each for each in rest if isinstance(each, MetricLogged)]
        rows[first.key] |= {(m.name, m.step, m.time, m.value) for m in metrics}
    return dict(rows)


class Visitor:
    """A client that looks at what the server holds."""

    def __init__(self, server: ServerProcess, home: Path, monkeypatch: Any) -> None:
        for name, value in server.client.items():
            monkeypatch.setenv(name, value)
        self._home = home

    def runs(self, experiment: str) -> dict[str, Any]:
        """Return the runs of an experiment, by key."""
        with client_environment(PATIENT):
            client = Store(locate_store(self._home)).client
            found = client.get_experiment_by_name(experiment)
            runs = client.search_runs([found.experiment_id]) if found else []
        return {run.data.tags["seqarena.key"]: run for run in runs}

    def rows(self, experiment: str) -> Rows:
        """Return every number that the runs of an experiment hold."""
        runs = self.runs(experiment)
        with client_environment(PATIENT):
            client = Store(locate_store(self._home)).client
            return {
                key: {
                    (name, m.step, m.timestamp, m.value)
                    for name in run.data.metrics
                    for m in client.get_metric_history(run.info.run_id, name)
                }
                for key, run in runs.items()
            }

    def serving(self, model: str) -> str:
        """Return the version of a model that serves."""
        with client_environment(PATIENT):
            client = Store(locate_store(self._home)).client
            return str(client.get_model_version_by_alias(model, "champion").version)
