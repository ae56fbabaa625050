import fcntl
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from schedule_scenes import at

from seqarena.errors import ArtifactError
from seqarena.retraining.schedule.events import (
    ClockMoved,
    Notified,
    RunClaimed,
    RunEnded,
    TickPassed,
)
from seqarena.retraining.schedule.history import ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.tracking.liveness import this_writer

NOON = at("2026-01-05T12:00Z")


def claim(task="toy", tick=NOON) -> RunClaimed:
    return RunClaimed(
        time=NOON, task=task, tick=tick, by="scheduler", process=this_writer(), late_seconds=0
    )


@pytest.fixture
def journal(tmp_path) -> ScheduleJournal:
    return ScheduleJournal(tmp_path / "schedule" / "journal.jsonl")


def test_what_was_written_is_read_back(journal):
    told = [
        claim(),
        RunEnded(
            time=NOON,
            task="toy",
            tick=NOON,
            outcome="failed",
            exit_code=7,
            seconds=1.5,
            why="exit code 7: ü\n\u2028",
            lines=("one", "two"),
        ),
        ClockMoved(time=NOON, seconds=-3600.0),
    ]
    for event in told:
        journal.append(event)
    assert journal.read() == told


def test_a_tick_has_one_claim_however_many_ask_for_it(journal):
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: journal.claim(claim()), range(40)))
    assert taken.count(True) == 1
    assert journal.claim(claim(tick=at("2026-01-05T13:00Z")))
    assert journal.claim(claim(task="other"))


def test_the_same_instant_in_another_zone_is_the_same_tick(journal):
    assert journal.claim(claim())
    assert not journal.claim(claim(tick=at("2026-01-05T13:00+01:00")))


def test_a_tick_that_passed_cannot_be_claimed(journal):
    passed = TickPassed(time=NOON, task="toy", tick=NOON, outcome="missed", why="late")
    assert journal.claim(passed)
    assert not journal.claim(claim())


def test_a_line_that_its_writer_did_not_finish_was_never_promised(journal):
    journal.append(claim())
    with journal.path.open("ab") as file:
        file.write(b'{"kind": "run_ended", "task"')
    assert journal.read() == [claim()]
    journal.append(claim(task="other"))
    assert journal.read() == [claim(), claim(task="other")]


@pytest.mark.parametrize("line", [b"{}", b"not JSON", b'{"kind": "run_claimed"}', b"\xff"])
def test_a_line_that_was_altered_is_named(journal, line):
    journal.append(claim())
    journal.path.write_bytes(journal.path.read_bytes() + line + b"\n")
    with pytest.raises(ArtifactError) as refused:
        journal.read()
    assert str(refused.value) == (
        f"{journal.path}: line 2 is not an event of a schedule. The file was altered after it was "
        "written; restore it, or move it away to begin a new one."
    )


@pytest.mark.slow
def test_a_full_disk_leaves_what_was_there_and_the_tick_free(journal):
    journal.append(claim())
    before = journal.path.read_bytes()
    code = f"""
import resource, signal
from pathlib import Path
from seqarena.retraining.schedule.events import RunClaimed
from seqarena.retraining.schedule.journal import ScheduleJournal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before)} + 20, {len(before)} + 20))
event = RunClaimed.model_validate_json({claim(task="other").model_dump_json()!r})
try:
    ScheduleJournal(Path({str(journal.path)!r})).claim(event)
except OSError as error:
    print(error.strerror)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n"
    assert journal.path.read_bytes() == before
    assert journal.claim(claim(task="other"))


@pytest.mark.slow
def test_every_line_that_was_promised_survives_a_kill(journal):
    code = f"""
from pathlib import Path
from seqarena.retraining.schedule.events import ClockMoved
from seqarena.retraining.schedule.journal import ScheduleJournal
from datetime import UTC, datetime
journal = ScheduleJournal(Path({str(journal.path)!r}))
for number in range(100_000):
    journal.append(ClockMoved(time=datetime.now(UTC), seconds=number))
    print(number, flush=True)
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    ) as writer:
        for line in writer.stdout:
            if line == "50\n":
                break
        writer.send_signal(signal.SIGKILL)
        promised = max([50, *map(int, writer.stdout.read().split())])
    numbers = [event.seconds for event in journal.read()]
    assert numbers[: promised + 1] == list(range(promised + 1))
    assert len(numbers) <= promised + 2


def test_what_was_told_of_a_tick_is_gathered_by_its_key():
    ended = RunEnded(
        time=NOON, task="toy", tick=NOON, outcome="succeeded", exit_code=0, seconds=1, why=""
    )
    told = Notified(time=NOON, task="toy", tick=NOON, channel="webhook", delivered=True, attempts=1)
    one, other = ticks_of([claim(), claim(task="other"), ended, told])
    assert (one.verdict, one.notified, one.is_open) == (ended, (told,), False)
    assert (other.task, other.is_open) == ("other", True)


def test_who_claims_waits_until_who_writes_is_done(journal):
    journal.append(claim(task="other"))
    with journal.path.open("rb") as writer, ThreadPoolExecutor(1) as thread:
        fcntl.flock(writer, fcntl.LOCK_EX)
        asked = thread.submit(journal.claim, claim())
        with pytest.raises(TimeoutError):
            asked.result(0.2)
        fcntl.flock(writer, fcntl.LOCK_UN)
        assert asked.result(20)
