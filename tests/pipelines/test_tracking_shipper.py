"""Shipping beside a training, into servers that work, die, refuse or say nothing."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tracking_scenes import (
    MLFLOW_WARNS,
    content,
    evaluation_path,
    fit_path,
    fresh_store,
    identity,
    tell_evaluation,
    tell_fit,
    write_everything,
)

from seqarena.tracking.journal import Journal
from seqarena.tracking.location import StoreLocation
from seqarena.tracking.shipper import Shipper
from seqarena.tracking.sync import sync

pytestmark = [pytest.mark.filterwarnings(MLFLOW_WARNS), pytest.mark.slow]
KEY = identity().key


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]


@contextmanager
def tar_pit() -> Iterator[StoreLocation]:
    """Accept every connection and never answer."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield StoreLocation(f"http://u:canary@127.0.0.1:{server.getsockname()[1]}", None)


@contextmanager
def refused() -> Iterator[StoreLocation]:
    """Give the address of a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield StoreLocation(f"http://u:canary@127.0.0.1:{port}", None)


@contextmanager
def answering(code: int) -> Iterator[StoreLocation]:
    """Answer everything with one status code."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.send_response(code)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield StoreLocation(f"http://u:canary@127.0.0.1:{server.server_address[1]}", None)
        server.shutdown()
        thread.join()


SICK_SERVERS = [
    pytest.param(refused, id="refused"),
    pytest.param(tar_pit, id="tar pit"),
    pytest.param(lambda: answering(500), id="500"),
    pytest.param(lambda: answering(413), id="413"),
    pytest.param(lambda: answering(404), id="404"),
]


@pytest.mark.parametrize("server", SICK_SERVERS)
def test_a_sick_server_costs_training_nothing_but_one_warning(
    server, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with server() as location:
        shipper = Shipper(location, interval=0.05)
        shipper.follow(fit_path(tmp_path))
        journal = Journal(fit_path(tmp_path))
        journal.begin(identity())
        waits = []
        end = time.monotonic() + 2
        step = 0
        while time.monotonic() < end:
            before = time.perf_counter()
            journal.metric("train/loss", 1.0, step)
            waits.append(time.perf_counter() - before)
            step += 1
            time.sleep(0.001)
        journal.end("FINISHED")
        before = time.monotonic()
        assert shipper.close(timeout=1.0) is False
        assert time.monotonic() - before < 4.0
        shipper._thread.join(60)
        assert not shipper._thread.is_alive()
    assert statistics.median(waits) < 0.0005
    messages = warnings_of(caplog)
    assert len(messages) == 1
    assert messages[0].startswith("MLflow at http://***@127.0.0.1:")
    assert "`seqarena sync`" in messages[0]
    output = capfd.readouterr()
    assert "canary" not in messages[0] + output.out + output.err
    assert output.out == ""

    store = fresh_store(tmp_path / "store")
    sync(tmp_path / "runs", tmp_path / "reports", store)
    assert len(content(store)[KEY]["metrics"]["train/loss"]) == step


def test_a_store_that_fails_again_and_again_is_mentioned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    attempts = []

    def fail(location: StoreLocation) -> None:
        attempts.append(location)
        raise ConnectionError("no route to http://u:canary@h/")

    monkeypatch.setattr("seqarena.tracking.shipper.Store", fail)
    shipper = Shipper(StoreLocation("http://u:canary@h/", None), interval=0.01)
    shipper.follow(fit_path(tmp_path))
    while len(attempts) < 4:
        time.sleep(0.01)
    assert shipper.close(10.0) is False
    assert warnings_of(caplog) == [
        "MLflow at http://***@h/ does not take this run now (ConnectionError: no route to "
        "http://***@h/). Training goes on and its journals keep everything; `seqarena sync` "
        "sends the rest later."
    ]


def test_what_is_told_appears_while_training_runs(tmp_path: Path) -> None:
    location = fresh_store(tmp_path / "store")
    with Shipper(location, interval=0.05) as shipper, Journal(fit_path(tmp_path)) as journal:
        shipper.follow(fit_path(tmp_path))
        journal.begin(identity())
        journal.metric("train/loss", 1.0, 0)
        deadline = time.monotonic() + 30
        while "train/loss" not in content(location).get(KEY, {"metrics": {}})["metrics"]:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert content(location)[KEY]["status"] == "RUNNING"
        journal.end("FINISHED")
        assert shipper.close(60.0) is True
    assert content(location)[KEY]["status"] == "FINISHED"


def test_a_journal_without_an_end_is_not_everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shipper = Shipper(fresh_store(tmp_path / "store"), interval=0.05)
    shipper.follow(tmp_path / "never" / "journal.jsonl")
    assert shipper.close(30.0) is False
    assert len(warnings_of(caplog)) == 1


def test_an_altered_journal_does_not_hold_up_the_others(tmp_path: Path) -> None:
    write_everything(tmp_path)
    lines = fit_path(tmp_path).read_bytes().splitlines(keepends=True)
    fit_path(tmp_path).write_bytes(b"".join([lines[0], b"rubbish\n", *lines[1:]]))
    location = fresh_store(tmp_path / "store")
    shipper = Shipper(location, interval=0.05)
    for path in (fit_path(tmp_path), fit_path(tmp_path, 1)):
        shipper.follow(path)
    deadline = time.monotonic() + 30
    while content(location).get(identity(1).key, {}).get("status") != "FINISHED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert shipper.close(30.0) is False


_UNCLOSED = """
import sys
from pathlib import Path
from tracking_scenes import fit_path, identity
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import StoreLocation
from seqarena.tracking.shipper import Shipper
shipper = Shipper(StoreLocation(sys.argv[1], None), interval=0.05)
shipper.follow(fit_path(Path(sys.argv[2])))
with Journal(fit_path(Path(sys.argv[2]))) as journal:
    journal.begin(identity())
import time
time.sleep(3)
"""


def test_a_process_ends_at_once_although_a_server_never_answers(tmp_path: Path) -> None:
    with tar_pit() as location:
        before = time.monotonic()
        command = [sys.executable, "-c", _UNCLOSED, location.tracking_uri, str(tmp_path)]
        done = subprocess.run(command, cwd=Path(__file__).parent, check=False, timeout=60)
        assert done.returncode == 0
        assert time.monotonic() - before < 30


class Server:
    """A real MLflow server that can be killed and started again on the same port."""

    def __init__(self, store: StoreLocation) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.location = StoreLocation(f"http://127.0.0.1:{self.port}", None)
        self._store = store
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
        command += ["--host", "127.0.0.1", "--port", str(self.port)]
        command += ["--backend-store-uri", self._store.tracking_uri]
        command += ["--artifacts-destination", f"{self._store.artifact_root}-served"]
        environment = os.environ | {
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        self._process = subprocess.Popen(
            command,
            env=environment,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 120
        while not self._is_up():
            assert time.monotonic() < deadline
            time.sleep(0.2)

    def kill(self) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=2):
                return True
        except (OSError, urllib.error.URLError):
            return False


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(fresh_store(tmp_path / "served"))
    server.start()
    yield server
    server.kill()


def test_a_server_that_is_killed_and_started_again_misses_nothing(
    server: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with Shipper(server.location, interval=0.1) as shipper:
        shipper.follow(fit_path(tmp_path))
        journal = Journal(fit_path(tmp_path))
        tell_fit(journal, identity(), n_steps=300, end=False)
        deadline = time.monotonic() + 60
        while not content(server.location):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        server.kill()
        for step in range(300, 600):
            journal.metric("train/loss", 1 / (step + 1), step)
            time.sleep(0.01)
        while not warnings_of(caplog):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        server.start()
        journal.end("FINISHED")
        shipper.follow(evaluation_path(tmp_path))
        tell_evaluation(Journal(evaluation_path(tmp_path)), identity())
        assert shipper.close(60.0) is True
    assert len(warnings_of(caplog)) == 1
    served = content(server.location)
    assert [step for step, _, _ in served[KEY]["metrics"]["train/loss"]] == list(range(600))

    direct = fresh_store(tmp_path / "direct")
    sync(tmp_path / "runs", tmp_path / "reports", direct)
    assert content(direct) == served
