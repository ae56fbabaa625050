"""One run for each task and tick, whatever the clock and the scheduler do."""

import threading
import time

import pytest
from schedule_scenes import at, config_of

from seqarena.retraining.lock import Lock
from seqarena.retraining.schedule.clock import ClockWatch
from seqarena.retraining.schedule.events import ClockMoved, RunClaimed
from seqarena.tracking.liveness import this_writer

pytestmark = pytest.mark.slow


def test_each_hour_is_run_once_however_often_the_scheduler_looks(scene):
    scene.start(config_of())
    scene.go_to("2026-01-05T01:00Z", "2026-01-05T01:00Z", "2026-01-05T01:59Z", "2026-01-05T02:00Z")
    assert scene.outcomes == [("05 01:00", "succeeded"), ("05 02:00", "succeeded")]


def test_a_tick_that_is_announced_twice_is_run_once(scene):
    scene.start(config_of())
    first = scene.scheduler.runner.run("toy", at("2026-01-05T01:00Z"), "scheduler")
    second = scene.scheduler.runner.run("toy", at("2026-01-05T01:00Z"), "scheduler")
    assert (first.outcome, second) == ("succeeded", None)
    assert scene.outcomes == [("05 01:00", "succeeded")]


def test_where_clocks_are_set_back_for_winter_a_fixed_time_is_run_once(scene):
    scene.clock.move_to(at("2026-10-24T22:00Z"))
    scene.start(config_of("30 2 * * *", time_zone="Europe/Berlin"))
    scene.go_to("2026-10-25T00:30Z", "2026-10-25T01:00Z", "2026-10-25T01:30Z", "2026-10-25T02:30Z")
    assert scene.outcomes == [("25 00:30", "succeeded")]


def test_where_clocks_are_set_forward_for_summer_a_fixed_time_is_not_lost(scene):
    scene.clock.move_to(at("2026-03-28T22:00Z"))
    scene.start(config_of("30 2 * * *", time_zone="Europe/Berlin"))
    scene.go_to("2026-03-29T00:59Z", "2026-03-29T01:00Z", "2026-03-29T01:30Z")
    assert scene.outcomes == [("29 01:00", "succeeded")]


def test_hours_that_come_again_after_the_clock_was_set_back_are_not_run_again(scene):
    scene.start(config_of())
    scene.go_to("2026-01-05T01:00Z", "2026-01-05T02:00Z", "2026-01-05T03:00Z")
    scene.go_to("2026-01-05T00:59Z", "2026-01-05T01:00Z", "2026-01-05T02:00Z", "2026-01-05T03:00Z")
    scene.go_to("2026-01-05T04:00Z")
    assert [hour for hour, _ in scene.outcomes] == ["05 01:00", "05 02:00", "05 03:00", "05 04:00"]


def test_a_clock_that_was_far_ahead_does_not_stop_the_schedule_when_it_is_right_again(scene):
    scene.start(config_of())
    scene.go_to("2036-01-05T01:00Z", "2026-01-05T00:40Z", "2026-01-05T01:00Z")
    # Of the ten years the last day counts, and of that the latest hour.
    assert [tick.at.year for tick in scene.ticks] == [2036, 2026]
    assert scene.outcomes == [("05 01:00", "succeeded"), ("05 01:00", "succeeded")]
    moves = [each for each in scene.scheduler.journal.read() if isinstance(each, ClockMoved)]
    assert [move.seconds > 0 for move in moves] == [True, False, True]


def test_after_a_restart_the_future_of_a_wrong_clock_is_not_waited_for(scene):
    scene.clock.move_to(at("2036-01-05T00:59Z"))
    scene.start(config_of())
    scene.go_to("2036-01-05T01:00Z")
    scene.die()
    scene.clock.move_to(at("2026-01-05T00:30Z"))
    scene.start(config_of())
    scene.go_to("2026-01-05T01:00Z")
    assert [tick.at.year for tick in scene.ticks] == [2036, 2026]


def test_after_a_downtime_one_run_makes_up_for_all_that_was_missed(scene):
    scene.start(config_of())
    scene.go_to("2026-01-05T01:00Z")
    scene.die()
    scene.clock.move_to(at("2026-01-05T06:20Z"))
    scene.start(config_of())
    scene.go_to("2026-01-05T06:30Z", "2026-01-05T07:00Z")
    assert scene.outcomes == [
        ("05 01:00", "succeeded"),
        ("05 06:00", "succeeded"),
        ("05 07:00", "succeeded"),
    ]
    claims = [tick.claimed for tick in scene.ticks]
    assert [claim.stands_for for claim in claims] == [1, 5, 1]
    assert [claim.late_seconds for claim in claims] == [0, 20 * 60, 0]


def test_a_tick_that_passed_before_the_first_run_is_made_up_for(scene):
    scene.start(config_of("0 1 * * mon"))
    scene.die()
    scene.clock.move_to(at("2026-01-05T09:00Z"))
    scene.start(config_of("0 1 * * mon"))
    assert scene.outcomes == [("05 01:00", "succeeded")]


def test_a_task_that_is_new_makes_up_for_nothing(scene):
    scene.start(config_of())
    scene.die()
    scene.clock.move_to(at("2026-01-05T09:00Z"))
    config = config_of()
    scene.start(config.model_copy(update={"tasks": {"other": config.tasks["toy"]}}))
    assert scene.outcomes == []


def test_the_first_start_makes_up_for_nothing(scene):
    scene.start(config_of())
    scene.go_to("2026-01-05T00:45Z")
    assert scene.outcomes == []


@pytest.mark.parametrize(
    ("knobs", "why"),
    [
        (
            {"start_within_hours": 0.25},
            "no scheduler ran when it was due; it may begin at most 0.25 hours late.",
        ),
        ({"catch_up": False}, "no scheduler ran when it was due; catch_up is false."),
    ],
)
def test_what_is_too_late_is_recorded_as_missed_and_not_begun(scene, knobs, why):
    config = config_of(**knobs)
    scene.start(config)
    scene.go_to("2026-01-05T01:00Z")
    scene.die()
    scene.clock.move_to(at("2026-01-05T06:20Z"))
    scene.start(config)
    scene.go_to("2026-01-05T07:00Z")
    assert scene.outcomes == [
        ("05 01:00", "succeeded"),
        ("05 02:00", "missed"),
        ("05 07:00", "succeeded"),
    ]
    assert scene.ticks[1].verdict.why == why


def test_a_machine_that_slept_through_a_tick_records_it_as_missed(scene):
    scene.start(config_of("0 1 * * *", start_within_hours=2.0))
    scene.go_to("2026-01-05T09:00Z")
    assert scene.outcomes == [("05 01:00", "missed")]
    assert scene.ticks[0].verdict.why == (
        "the machine or its scheduler did not get to it within 2 hours."
    )


def test_a_tick_during_the_run_before_it_is_skipped(scene, tmp_path):
    command = ["sh", "-c", "until test -e go; do sleep 0.02; done"]
    scene.start(config_of(command=command))
    scene.clock.move_to(at("2026-01-05T01:00Z"))
    scene.timer.look()
    while not scene.scheduler.runner.going:
        time.sleep(0.01)
    scene.clock.move_to(at("2026-01-05T02:00Z"))
    scene.timer.look()
    (tmp_path / "go").touch()
    scene.timer.settle()
    scene.go_to("2026-01-05T03:00Z")
    assert scene.outcomes == [
        ("05 01:00", "succeeded"),
        ("05 02:00", "skipped"),
        ("05 03:00", "succeeded"),
    ]


def test_a_run_that_something_else_began_is_not_joined_by_a_second(scene):
    scene.start(config_of())
    with Lock(scene.places.task_lock("toy"), "a run of toy"):
        scene.go_to("2026-01-05T01:00Z")
    assert scene.outcomes == [("05 01:00", "skipped")]
    assert scene.ticks[0].verdict.why.startswith("a run of toy is running already (pid ")


def test_what_is_due_while_the_scheduler_stops_is_left_to_the_next_one(scene):
    scene.start(config_of())
    scene.scheduler.is_stopping.set()
    scene.go_to("2026-01-05T01:00Z")
    assert scene.outcomes == []
    scene.die()
    scene.start(config_of())
    assert scene.outcomes == [("05 01:00", "succeeded")]


def test_a_run_that_died_with_its_scheduler_is_closed_and_not_run_again(scene):
    scene.start(config_of())
    scene.die()
    claim = RunClaimed(
        time=at("2026-01-05T01:00Z"),
        task="toy",
        tick=at("2026-01-05T01:00Z"),
        by="scheduler",
        process=this_writer(),
        late_seconds=0,
    )
    scene.scheduler.journal.append(claim)
    scene.clock.move_to(at("2026-01-05T01:10Z"))
    scene.start(config_of())
    scene.go_to("2026-01-05T01:20Z")
    assert scene.outcomes == [("05 01:00", "killed")]
    assert scene.ticks[0].verdict.why == "the scheduler was gone before the command had started"
    assert "toy@2026-01-05T01:00:00Z: killed - " + scene.ticks[0].verdict.why in scene.said


def test_how_long_a_run_took_does_not_follow_a_clock_that_is_set_back(scene, tmp_path):
    scene.start(config_of(command=["sh", "-c", "until test -e go; do sleep 0.02; done"]))
    scene.clock.move_to(at("2026-01-05T01:00Z"))
    begun = time.monotonic()
    scene.timer.look()
    while not scene.scheduler.runner.going:
        time.sleep(0.01)
    scene.clock.move_to(at("2026-01-04T12:00Z"))
    threading.Timer(0.1, (tmp_path / "go").touch).start()
    scene.timer.settle()
    assert 0 < scene.ticks[0].verdict.seconds <= time.monotonic() - begun


def test_small_corrections_of_the_clock_are_no_jump(scene):
    watch = ClockWatch()
    scene.clock.shift(20)
    assert watch.jump() == 0
    scene.clock.shift(-3600)
    assert watch.jump() == pytest.approx(-3600, abs=5)
    assert watch.jump() == 0
