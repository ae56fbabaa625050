"""The real command, in processes that are told to stop, and killed."""

import json
import signal
import subprocess
import sys
import time

import psutil
import pytest

from seqarena.retraining.schedule.events import RunStarted, SchedulerStopped
from seqarena.retraining.schedule.history import Tick, ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.places import Places

pytestmark = pytest.mark.slow
COMMAND = [sys.executable, "-m", "seqarena.cli", "schedule"]
# Begun at the next full second, and then not for a year.
SOON = "*/1 * * * * *"


def until(claim, seconds: float = 40.0):
    deadline = time.monotonic() + seconds
    while not (found := claim()):
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.02)
    return found


def read(path) -> str:
    return path.read_text().strip()


class Watched:
    """A folder with a schedule, and the processes that watch it."""

    def __init__(self, folder) -> None:
        self.folder, self.places = folder, Places(folder)
        self.processes: list[subprocess.Popen[str]] = []

    def plan(self, command: list[str], cron: str = SOON, **more) -> None:
        plan = {
            "heartbeat_seconds": 0.1,
            "kill_seconds": 5.0,
            "tasks": {"toy": {"cron": cron, "command": command}},
            **more,
        }
        (self.folder / "schedule.yaml").write_text(json.dumps(plan))

    def begin(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [*COMMAND, *words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.processes.append(process)
        return process

    def told(self, *words: str) -> tuple[int, str]:
        process = self.begin(*words)
        text, _ = process.communicate(timeout=60)
        return process.returncode, text

    @property
    def ticks(self) -> list[Tick]:
        return ticks_of(ScheduleJournal(self.places.journal).read())

    def first_pid(self) -> int:
        def started():
            events = ScheduleJournal(self.places.journal).read()
            return next((event.pid for event in events if isinstance(event, RunStarted)), None)

        pid = until(started)
        until(lambda: "sh" in psutil.Process(pid).name())
        return pid


@pytest.fixture
def watched(tmp_path):
    found = Watched(tmp_path)
    yield found
    for process in found.processes:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_stop_it_lets_a_run_finish_and_says_so(watched, number):
    watched.plan(["sh", "-c", "until test -e go; do sleep 0.05; done; echo finished"])
    process = watched.begin()
    watched.first_pid()
    process.send_signal(number)
    time.sleep(0.3)
    (watched.folder / "go").touch()
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    first = watched.ticks[0]
    assert (first.verdict.outcome, first.verdict.why) == ("succeeded", "finished")
    assert f"told to stop by {number.name}: {first.key} may go on for 60 seconds" in text
    assert text.splitlines()[-1].endswith(f"Stopped: told to stop by {number.name}.")
    assert not any(tick.is_open for tick in watched.ticks)
    assert watched.told("status")[1].startswith("scheduler: stopped")
    assert 'id="state">stopped<' in watched.places.page.read_text()


@pytest.mark.parametrize("grace", [0.2, 60.0])
def test_after_the_time_of_grace_or_a_second_signal_a_run_is_abandoned(watched, grace):
    watched.plan(
        ["sh", "-c", "trap 'echo tidy; exit 9' TERM; sleep 60 & wait"], grace_seconds=grace
    )
    process = watched.begin()
    pid = watched.first_pid()
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    if grace > 1:
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    verdict = watched.ticks[0].verdict
    assert (verdict.outcome, verdict.exit_code, verdict.lines) == ("abandoned", 9, ("tidy",))
    how = "twice" if grace > 1 else "and did not end within 0.2 seconds"
    assert verdict.why == f"told to stop by SIGTERM, {how}"
    assert not psutil.pid_exists(pid)
    last = ScheduleJournal(watched.places.journal).read()[-1]
    assert isinstance(last, SchedulerStopped)
    assert last.why == f"told to stop by SIGTERM; abandoned: {watched.ticks[0].key}"


def test_a_second_scheduler_says_who_runs_and_leaves(watched):
    watched.plan(["true"], cron="0 0 1 1 *")
    first = watched.begin()
    until(watched.places.heartbeat.exists)
    code, text = watched.told()
    assert code == 1
    assert f"HeldError: a scheduler is running already (pid {first.pid} since 20" in text


def test_a_killed_scheduler_takes_its_run_along_and_the_next_one_says_so(watched):
    watched.plan(["sh", "-c", "setsid sleep 61 & echo $! > far; wait"])
    first = watched.begin()
    pid = watched.first_pid()
    far = int(until(lambda: (watched.folder / "far").exists() and read(watched.folder / "far")))
    first.kill()
    first.wait()
    until(lambda: not psutil.pid_exists(pid))
    assert watched.told("status")[1].startswith(f"scheduler: dead (pid {first.pid}")
    key = watched.ticks[0].key
    watched.plan(["true"], cron="0 0 1 1 *")
    second = watched.begin()
    verdict = until(lambda: watched.ticks[0].verdict)
    assert (verdict.outcome, verdict.exit_code) == ("killed", None)
    assert [tick.key for tick in watched.ticks].count(key) == 1
    assert not psutil.pid_exists(far)
    second.terminate()
    text, _ = second.communicate(timeout=60)
    assert f"{key}: killed - its process is gone, and so is the scheduler above it" in text


def test_a_run_by_hand_keeps_the_rules_and_passes_the_exit_code_on(watched):
    watched.plan(["sh", "-c", "echo $SEQARENA_RUN_KEY; exit 4"], cron="0 0 1 1 *")
    code, text = watched.told("run", "toy")
    assert code == 4
    [tick] = watched.ticks
    assert tick.claimed.by == "command"
    assert f"{tick.key}: failed after" in text
    assert tick.verdict.lines == (tick.key,)


def test_a_run_by_hand_is_ended_by_a_signal(watched):
    watched.plan(["sh", "-c", "sleep 60; true"], cron="0 0 1 1 *")
    process = watched.begin("run", "toy")
    pid = watched.first_pid()
    process.terminate()
    text, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + 15
    assert "abandoned after" in text
    assert not psutil.pid_exists(pid)
