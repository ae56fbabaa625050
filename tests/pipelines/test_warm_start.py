"""Stages that are forked from a process which imported everything."""

import os
import platform
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from seqarena.experiment.warm_start import SOCKET_VARIABLE, StageServer, _Server

pytestmark = pytest.mark.slow

SCRIPT = """
import os, resource, sys, time
from seqarena.errors import ConfigError, SeqarenaError
from seqarena.experiment.warm_start import run_stage

was_warm = "mlflow" in sys.modules

def main(argv):
    match argv:
        case ["tell"]:
            is_passed_on = "SEQARENA_STAGE_SERVER" in os.environ
            print(was_warm, os.getcwd(), os.environ["PURPOSE"], is_passed_on)
            print("aside", file=sys.stderr)
        case ["config"]:
            raise ConfigError(["tasks.x: wrong."])
        case ["own"]:
            raise SeqarenaError("it went wrong.")
        case ["bug"]:
            raise RuntimeError("unforeseen")
        case ["exit", code]:
            sys.exit(int(code))
        case ["fill"]:
            for _ in range(2):
                before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
                for _ in range(20):
                    b"x" * (10_000 * resource.getpagesize())
            print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
        case ["hang", path]:
            with open(path, "w") as file:
                file.write(str(os.getpid()))
            time.sleep(60)

if __name__ == "__main__":
    run_stage(main)
"""


@pytest.fixture(scope="module")
def server():
    with StageServer() as started:
        yield started.environment


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "stage.py"
    path.write_text(SCRIPT)
    return path


def command(script: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(script), *arguments]


def run(script: Path, environment: dict[str, str], *arguments: str):
    return subprocess.run(
        command(script, *arguments),
        env={**os.environ, "PURPOSE": "test", **environment},
        cwd=script.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def wait_for(claim, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if claim():
            return True
        time.sleep(0.05)
    return False


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


def start_hanging(script: Path, environment: dict[str, str], tmp_path: Path):
    mark = tmp_path / "pid"
    client = subprocess.Popen(
        command(script, "hang", str(mark)), env={**os.environ, **environment}, cwd=tmp_path
    )
    assert wait_for(lambda: mark.exists() and mark.read_text())
    return client, int(mark.read_text())


def test_a_stage_has_the_clients_streams_folder_and_environment(server, script):
    done = run(script, server, "tell")
    assert (done.stdout, done.stderr) == (f"True {script.parent} test False\n", "aside\n")


def test_without_a_server_the_script_does_the_work_itself(script):
    done = run(script, {}, "tell")
    assert done.stdout == f"False {script.parent} test False\n"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="not the GNU C library")
@pytest.mark.parametrize("is_warm", [True, False])
def test_a_stage_keeps_its_memory(server, script, is_warm):
    environment = server if is_warm else {}
    kept = int(run(script, environment, "fill").stdout)
    freed = int(run(script, {**environment, "MALLOC_MMAP_MAX_": "65536"}, "fill").stdout)
    assert kept < freed / 10


def test_a_server_that_is_gone_is_no_obstacle(script, tmp_path):
    done = run(script, {SOCKET_VARIABLE: str(tmp_path / "nobody")}, "tell")
    assert done.stdout.startswith("False")


@pytest.mark.parametrize("is_warm", [True, False])
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["config"], 2, "tasks.x: wrong.\n"),
        (["own"], 1, "SeqarenaError: it went wrong.\n"),
        (["exit", "3"], 3, ""),
        (["exit", "0"], 0, ""),
    ],
)
def test_the_exit_code_says_what_happened(server, script, is_warm, arguments, code, words):
    done = run(script, server if is_warm else {}, *arguments)
    assert (done.returncode, done.stderr) == (code, words)


def test_an_unforeseen_error_shows_its_trace(server, script):
    done = run(script, server, "bug")
    assert done.returncode == 1
    assert done.stderr.endswith("RuntimeError: unforeseen\n")


def test_a_stage_ends_with_its_client(server, script, tmp_path):
    client, pid = start_hanging(script, server, tmp_path)
    assert pid != client.pid
    client.kill()
    client.wait()
    assert wait_for(lambda: not is_alive(pid))


def test_a_stage_that_is_killed_gives_its_client_the_signals_code(server, script, tmp_path):
    client, pid = start_hanging(script, server, tmp_path)
    os.kill(pid, signal.SIGKILL)
    assert client.wait(timeout=10) == 128 + signal.SIGKILL


def test_a_client_that_goes_away_after_its_stage_ended_disturbs_nobody():
    near, far = socket.socketpair()
    with near, far:
        server = _Server(near)
        server._react(far, pid=12345)
        assert server._children == {}
        assert far.fileno() >= 0


def test_a_stage_ends_with_the_server(script, tmp_path):
    with StageServer() as started:
        client, pid = start_hanging(script, started.environment, tmp_path)
    assert wait_for(lambda: not is_alive(pid))
    assert client.wait(timeout=10) != 0
