"""The scheduler: APScheduler says when, a `Runner` runs, the journal remembers."""

import hashlib
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version

from apscheduler.events import (
    EVENT_JOB_MAX_INSTANCES,
    EVENT_JOB_MISSED,
    JobExecutionEvent,
    JobSubmissionEvent,
)
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.schedulers.base import BaseScheduler

from seqarena.retraining.schedule.clock import ClockWatch
from seqarena.retraining.schedule.events import ClockMoved, Event, SchedulerStarted
from seqarena.retraining.schedule.heartbeat import beat
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.notifier import Notifier
from seqarena.retraining.schedule.outcomes import Outcome
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.reaping import close_dead_runs
from seqarena.retraining.schedule.runner import Runner
from seqarena.retraining.schedule.settings import ScheduleConfig
from seqarena.retraining.schedule.timetable import TickExecutor, add_tasks, start_again_from_now
from seqarena.tracking.liveness import this_writer


class Scheduler:
    """Begins what is due, between `begin` and `finish`; `watch` drives it in the foreground."""

    def __init__(
        self,
        config: ScheduleConfig,
        places: Places,
        say: Callable[[str], None],
        publish: Callable[[], None] = lambda: None,
        timer: BaseScheduler | None = None,
    ) -> None:
        """Take the settings.

        Args:
            config: what `schedule.yaml` says.
            places: where everything lies.
            say: prints a line.
            publish: called at every change and sign of life; writes the page.
            timer: what calls back when a task is due [a thread of APScheduler].
        """
        self.config = config
        self.places = places
        self.say = say
        self.is_stopping = threading.Event()
        self.journal = ScheduleJournal(places.journal)
        self.notifier = Notifier(config.notify, places.root, self.journal, self.show)
        self.runner = Runner(config, places, self.notifier, self.show)
        self._publish = publish
        self._publishing = threading.Lock()
        self._since = datetime.now(UTC)
        self._clock = ClockWatch()
        self._timer = timer or BackgroundScheduler(timezone=UTC)

    def begin(self) -> None:
        """Close what the last scheduler left open, and start to watch."""
        self.journal.append(self._opening())
        self._close_dead_runs()
        executor = TickExecutor(len(self.config.tasks), self._begin_run)
        self._timer.add_executor(executor, "default")
        self._timer.add_listener(self._on_late, EVENT_JOB_MISSED)
        self._timer.add_listener(self._on_overlap, EVENT_JOB_MAX_INSTANCES)
        add_tasks(self._timer, executor, self.config, self.journal.read(), self._missed)
        self.sign_of_life()
        self._timer.start()
        self.show()

    def beat(self) -> None:
        """Give a sign of life, and look after what only time brings; a full disk is no end."""
        try:
            self._after_a_jump(self._clock.jump())
            self.sign_of_life()
            self.runner.write_again()
            self._close_dead_runs()
        except OSError as error:
            self.say(f"{self.places.folder}: {error.strerror}; it is tried again.")
        # The pause of the timer does not end early when a machine slept.
        self._timer.wakeup()
        self.show()

    def begin_nothing_more(self) -> None:
        """Let what runs go on, and begin nothing."""
        self.is_stopping.set()
        self._timer.shutdown(wait=False)

    def sign_of_life(self) -> None:
        """Write the heartbeat."""
        beat(self.places.heartbeat, self._since, self.config.heartbeat_seconds)

    def tell(self, event: Event) -> None:
        """Put an event into the journal, or say that it could not be."""
        try:
            self.journal.append(event)
        except OSError as error:
            self.say(f"{self.places.journal}: {error.strerror}.")

    def show(self) -> None:
        """Publish; a page that cannot be written is said, and is no reason to end."""
        with self._publishing:
            try:
                self._publish()
            except Exception as error:
                sys.stderr.write(f"{self.places.page}: {type(error).__name__}: {error}\n")

    def _begin_run(self, task: str, tick: datetime) -> None:
        """Run what is due; nothing of it may end the thread without a word."""
        if self.is_stopping.is_set():
            return  # not claimed: whoever starts next makes up for it
        try:
            verdict = self.runner.run(task, tick, "scheduler")
        except Exception as error:
            self.say(f"{task}: not run, {type(error).__name__}: {error}")
            return
        if verdict is not None:
            self.say(f"{verdict.key}: {verdict.outcome} - {verdict.why}")

    def _on_late(self, event: JobExecutionEvent) -> None:
        hours = self.config.tasks[event.job_id].start_within_hours
        why = f"the machine or its scheduler did not get to it within {hours:g} hours."
        self._missed(event.job_id, event.scheduled_run_time, why)

    def _on_overlap(self, event: JobSubmissionEvent) -> None:
        for tick in event.scheduled_run_times:
            self._passed(event.job_id, tick, "skipped", "the run before it was still going.")

    def _missed(self, task: str, tick: datetime, why: str) -> None:
        self._passed(task, tick, "missed", why)

    def _passed(self, task: str, tick: datetime, outcome: Outcome, why: str) -> None:
        self.say(f"{task}: {outcome} - {why}")
        try:
            self.runner.passed(task, tick, outcome, why)
        except OSError as error:
            self.say(f"{self.places.journal}: {error.strerror}.")

    def _close_dead_runs(self) -> None:
        for line in close_dead_runs(self.places, self.runner):
            self.say(line)

    def _after_a_jump(self, seconds: float) -> None:
        if not seconds:
            return
        self.say(f"the clock moved by {seconds:+.0f} seconds.")
        self.tell(ClockMoved(time=datetime.now(UTC), seconds=round(seconds, 3)))
        if seconds < 0:
            start_again_from_now(self._timer, self.config)

    def _opening(self) -> SchedulerStarted:
        settings = hashlib.sha256(self.config.model_dump_json().encode()).hexdigest()[:16]
        return SchedulerStarted(
            time=self._since,
            process=this_writer(),
            version=version("seqarena"),
            settings=settings,
            tasks=tuple(self.config.tasks),
        )
