"""Real processes: how they end, and that nothing of them stays."""

import os
import signal
import subprocess
import sys
import threading
import time

import psutil
import pytest

from seqarena.retraining.schedule.command import Command

pytestmark = pytest.mark.slow


@pytest.fixture
def start(tmp_path):
    def begin(*words: str) -> Command:
        return Command(words, tmp_path, tmp_path / "log", dict(os.environ))

    return begin


def until(claim, seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not claim():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


@pytest.mark.parametrize(
    ("script", "outcome", "code"),
    [
        ("exit 0", "succeeded", 0),
        ("exit 3", "failed", 3),
        ("kill -9 $$", "killed", -9),
        ("exit 143", "killed", 143),
    ],
)
def test_the_exit_code_says_how_it_ended(start, script, outcome, code):
    end = start("sh", "-c", script).wait(None, 1.0)
    assert (end.outcome, end.exit_code, end.cause) == (outcome, code, "")


def test_both_streams_go_to_the_log_and_nothing_is_asked(start, tmp_path):
    start("sh", "-c", "echo out; echo err >&2; cat").wait(None, 1.0)
    assert (tmp_path / "log").read_text() == "out\nerr\n"


def test_a_command_that_is_not_there_is_said_in_the_log(start, tmp_path):
    assert start("no-such-command").wait(None, 1.0).exit_code == 127
    assert (tmp_path / "log").read_text() == "no-such-command: No such file or directory.\n"


def test_a_broken_pipe_ends_what_writes_into_it(start, tmp_path):
    """Python ignores the signal, and what it starts would too."""
    assert start("sh", "-c", "yes | head -1 > /dev/null; echo gone").wait(20.0, 1.0).exit_code == 0
    assert "Broken pipe" not in (tmp_path / "log").read_text()


def test_what_takes_longer_than_its_limit_is_told_to_end(start, tmp_path):
    end = start("sh", "-c", "trap 'echo tidy; exit 5' TERM; sleep 60 & wait").wait(0.5, 5.0)
    assert (end.outcome, end.exit_code) == ("timed_out", 5)
    assert end.cause == "it took longer than its limit of 0.5 seconds"
    assert (tmp_path / "log").read_text() == "tidy\n"


def test_what_does_not_listen_is_killed_with_all_that_it_started(start, tmp_path):
    script = (
        "import os, signal, subprocess, time, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "far = subprocess.Popen(['sleep', '60'], start_new_session=True)\n"
        "pathlib.Path('far').write_text(str(far.pid))\n"
        "time.sleep(60)\n"
    )
    command = start(sys.executable, "-c", script)
    until(lambda: (tmp_path / "far").exists() and (tmp_path / "far").read_text())
    threading.Timer(0, command.end, ("abandoned", "told to stop", 0.2)).start()
    end = command.wait(None, 1.0)
    assert (end.outcome, end.exit_code, end.cause) == ("abandoned", -9, "told to stop")
    until(lambda: not alive(int((tmp_path / "far").read_text())))


def test_a_command_ends_with_whoever_started_it(tmp_path):
    code = (
        "import os, sys, time, pathlib\n"
        "from seqarena.retraining.schedule.command import Command\n"
        "here = pathlib.Path.cwd()\n"
        "command = Command(['sleep', '60'], here, here / 'log', dict(os.environ))\n"
        "(here / 'pid').write_text(str(command.pid))\n"
        "command.wait(None, 1.0)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path)
    until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    child = int((tmp_path / "pid").read_text())
    until(lambda: psutil.Process(child).name() == "sleep")
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    until(lambda: not alive(child))


def test_a_command_that_has_ended_cannot_be_ended_again(start):
    command = start("true")
    command.wait(None, 1.0)
    command.end("abandoned", "too late", 1.0)
    assert command.wait(None, 1.0).outcome == "succeeded"
