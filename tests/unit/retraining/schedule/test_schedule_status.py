import json
from datetime import timedelta

import pytest
from click.testing import CliRunner
from schedule_scenes import at, config_of

from seqarena.cli import main
from seqarena.retraining.lock import Lock
from seqarena.retraining.schedule.events import RunClaimed, RunEnded, TickPassed
from seqarena.retraining.schedule.heartbeat import beat
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.status import status_of
from seqarena.retraining.schedule.told import duration, status_lines
from seqarena.retraining.schedule.webpage import webpage
from seqarena.tracking.liveness import this_writer

HOUR = at("2026-01-05T00:00Z")


def claim(scene, hour: int) -> dict[str, object]:
    tick = HOUR + timedelta(hours=hour)
    event = RunClaimed(
        time=tick, task="toy", tick=tick, by="scheduler", process=this_writer(), late_seconds=0
    )
    ScheduleJournal(scene.places.journal).append(event)
    return {"time": tick + timedelta(minutes=1), "task": "toy", "tick": tick}


def ended(scene, hour: int, outcome: str, why: str, code: int = 1, lines=()) -> None:
    of = claim(scene, hour)
    ScheduleJournal(scene.places.journal).append(
        RunEnded(**of, outcome=outcome, exit_code=code, seconds=61.0, why=why, lines=lines)
    )


def passed(scene, hour: int, outcome: str) -> None:
    tick = HOUR + timedelta(hours=hour)
    ScheduleJournal(scene.places.journal).append(
        TickPassed(time=tick, task="toy", tick=tick, outcome=outcome, why="so it is")
    )


def test_what_never_ran_says_how_it_is_started(scene):
    assert status_lines(
        status_of(config_of("30 2 * * *", time_zone="Europe/Berlin"), scene.places)
    ) == [
        "scheduler: never started - start it by `seqarena schedule`.",
        "toy: 30 2 * * * in Europe/Berlin",
        "  next     Mon 2026-01-05 02:30 CET (2026-01-05T01:30:00Z)",
        "  last     never",
    ]


def test_a_scheduler_is_running_stuck_stopped_or_dead(scene):
    def state() -> str:
        return status_of(config_of(), scene.places).scheduler.state

    with Lock(scene.places.lock, "a scheduler"):
        beat(scene.places.heartbeat, HOUR, 1.0)
        assert state() == "running"
        old = json.loads(scene.places.heartbeat.read_text())
        old["monotonic"] -= 60
        scene.places.heartbeat.write_text(json.dumps(old))
        assert state() == "stuck"
    assert state() == "dead"
    scene.start(config_of())
    scene.scheduler.begin_nothing_more()
    assert state() == "dead"
    from seqarena.retraining.schedule.events import SchedulerStopped

    scene.scheduler.journal.append(SchedulerStopped(time=HOUR, why="told to stop by SIGTERM"))
    assert state() == "stopped"


def test_the_age_of_a_heartbeat_does_not_follow_a_clock_that_is_set(scene):
    beat(scene.places.heartbeat, HOUR, 1.0)
    scene.clock.shift(timedelta(hours=-5))
    age = status_of(config_of(), scene.places).scheduler.heartbeat_age_seconds
    assert 0 <= age < 30


def test_of_another_boot_only_the_clock_on_the_wall_is_known(scene):
    beat(scene.places.heartbeat, HOUR, 1.0)
    told = json.loads(scene.places.heartbeat.read_text())
    scene.places.heartbeat.write_text(json.dumps({**told, "boot": "another"}))
    scene.clock.shift(timedelta(minutes=2))
    assert status_of(config_of(), scene.places).scheduler.heartbeat_age_seconds == 120


def test_a_failure_is_not_hidden_by_ticks_that_were_skipped_after_it(scene):
    ended(scene, 1, "failed", "exit code 7: no data", 7)
    passed(scene, 2, "skipped")
    status = status_of(config_of(), scene.places)
    assert status.troubles[1:] == ["toy: failed - exit code 7: no data"]
    assert [run.outcome for run in status.recent] == ["skipped", "failed"]
    assert status_lines(status)[-1] == (
        "  last     2026-01-05T01:00:00Z failed after 1 min 1 s: exit code 7: no data"
    )


def test_the_last_outcome_is_the_one_that_was_told_last(scene):
    of = claim(scene, 1)
    passed(scene, 3, "missed")
    late = {**of, "time": HOUR + timedelta(hours=5)}
    ScheduleJournal(scene.places.journal).append(
        RunEnded(**late, outcome="abandoned", exit_code=-15, seconds=9.0, why="told to stop")
    )
    assert status_of(config_of(), scene.places).tasks[0].last.outcome == "abandoned"


def test_what_runs_says_for_how_long(scene):
    claim(scene, 0)
    assert "  running  2026-01-05T00:00:00Z, for 30 min" in status_lines(
        status_of(config_of(), scene.places)
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0.0 s"),
        (9.94, "9.9 s"),
        (59.6, "1 min"),
        (3661.0, "1 h 1 min"),
        (90000.0, "1 d 1 h"),
    ],
)
def test_a_duration_is_told_in_two_units(seconds, text):
    assert duration(seconds) == text


def test_what_a_command_printed_is_text_on_the_page(scene):
    hostile = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>"
    ended(scene, 1, "failed", hostile, lines=(hostile, "&amp;"))
    page = webpage(status_of(config_of(), scene.places), 15.0)
    assert page.count("<script>") == 1
    assert "<img" not in page
    assert "&lt;/pre&gt;&lt;script&gt;" in page
    assert "&amp;amp;" in page


def said(folder, *words: str) -> tuple[int, str]:
    (folder / "schedule.yaml").write_text('tasks: {toy: {cron: "0 * * * *", command: ["true"]}}\n')
    file = str(folder / "schedule.yaml")
    done = CliRunner().invoke(main, ["schedule", "--file", file, *words])
    return done.exit_code, done.output


def test_the_command_tells_all_as_json_and_checks_by_its_exit_code(scene, tmp_path):
    ended(scene, 1, "succeeded", "promoted", 0)
    code, text = said(tmp_path, "status", "--json")
    told = json.loads(text)
    assert code == 0
    assert told["tasks"][0]["last"]["why"] == "promoted"
    assert told["tasks"][0]["next"] == "2026-01-05T01:00:00Z"
    assert told["troubles"] == ["scheduler: never started - start it by `seqarena schedule`."]
    assert said(tmp_path, "status", "--check")[0] == 1
    with Lock(scene.places.lock, "a scheduler"):
        beat(scene.places.heartbeat, HOUR, 15.0)
        assert said(tmp_path, "status", "--check")[0] == 0


def test_the_next_ticks_can_be_looked_at_beforehand(scene, tmp_path):
    assert said(tmp_path, "check", "--ticks", "2") == (
        0,
        "toy: Mon 2026-01-05 01:00:00 UTC (2026-01-05T01:00:00Z)\n"
        "toy: Mon 2026-01-05 02:00:00 UTC (2026-01-05T02:00:00Z)\n",
    )


def test_a_task_that_is_not_scheduled_cannot_be_run(scene, tmp_path):
    assert said(tmp_path, "run", "toys") == (
        2,
        "schedule.yaml.tasks.toys: did you mean 'toy'?\n",
    )
