"""A schedule in a folder, driven by hand under a clock that stands still until it is moved."""

import sys
import time
from datetime import datetime
from pathlib import Path

import pytest
import time_machine
from apscheduler.schedulers.base import BaseScheduler

from seqarena.retraining.schedule.history import Tick, ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.scheduler import Scheduler
from seqarena.retraining.schedule.settings import ScheduleConfig

PYTHON = sys.executable


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def config_of(cron: str = "0 * * * *", **more) -> ScheduleConfig:
    """One task, `toy`; knobs of the whole file are those that a task does not have."""
    whole = {key: more.pop(key) for key in ("time_zone", "grace_seconds", "notify") if key in more}
    task = {"cron": cron, "command": ["echo", "done"], **more}
    raw = {"tasks": {"toy": task}, "kill_seconds": 2.0, "heartbeat_seconds": 0.1, **whole}
    return ScheduleConfig.model_validate(raw)


class HandDriven(BaseScheduler):
    """APScheduler without a thread: it looks what is due when it is told to."""

    def wakeup(self) -> None:
        """Nothing sleeps."""

    def shutdown(self, wait: bool = True) -> None:
        """Begin nothing more."""
        super().shutdown(wait)

    def settle(self) -> None:
        """Begin what is due, and wait until it has ended."""
        self._process_jobs()
        deadline = time.monotonic() + 20
        while any(self._lookup_executor("default")._instances.values()):
            assert time.monotonic() < deadline
            time.sleep(0.005)

    def look(self) -> None:
        """Begin what is due."""
        self._process_jobs()


class Scene:
    """One scheduler under a clock of its own."""

    def __init__(self, folder: Path, clock: time_machine.Traveller) -> None:
        self.places = Places(folder)
        self.clock = clock
        self.said: list[str] = []

    def start(self, config: ScheduleConfig) -> None:
        self.timer = HandDriven(timezone="UTC")
        self.scheduler = Scheduler(config, self.places, self.said.append, timer=self.timer)
        self.scheduler.begin()
        self.timer.settle()

    def go_to(self, *times: str) -> None:
        for each in times:
            self.clock.move_to(at(each))
            self.scheduler.beat()
            self.timer.settle()

    def die(self) -> None:
        """Leave without a word, as a killed scheduler does."""
        self.timer.shutdown(wait=True)

    @property
    def ticks(self) -> list[Tick]:
        return ticks_of(ScheduleJournal(self.places.journal).read())

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Each tick and what became of it, in the order of the journal."""
        return [
            (tick.at.strftime("%d %H:%M"), tick.verdict.outcome if tick.verdict else "open")
            for tick in self.ticks
        ]


@pytest.fixture
def scene(tmp_path):
    with time_machine.travel(at("2026-01-05T00:30:00+00:00"), tick=False) as clock:
        yield Scene(tmp_path, clock)
