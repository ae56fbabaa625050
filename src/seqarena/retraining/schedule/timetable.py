"""When APScheduler is to begin each task: first, after that, and after an hour that came twice."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.job import Job
from apscheduler.schedulers.base import BaseScheduler
from apscheduler.triggers.base import BaseTrigger

from seqarena.retraining.schedule.cron import Cron
from seqarena.retraining.schedule.events import Event
from seqarena.retraining.schedule.history import first_watched, last_tick, ticks_of
from seqarena.retraining.schedule.settings import ScheduleConfig

Begin = Callable[[str, datetime], None]
Pass = Callable[[str, datetime, str], None]


class CronTicks(BaseTrigger):  # type: ignore[misc]
    """A trigger of APScheduler that is due when a cron expression is; all its times are UTC.

    Ticks for which it is too late are left out, save the one that was announced: a machine that
    slept for a month is not asked for every minute of it.
    """

    def __init__(self, cron: Cron, start_within_hours: float) -> None:
        self._cron = cron
        self._window = timedelta(hours=start_within_hours)

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """Return the first tick after the previous one, or after now if there was none."""
        return self._cron.next_after(max(previous_fire_time or now, now - self._window))


class TickExecutor(ThreadPoolExecutor):  # type: ignore[misc]
    """Begins each job with the tick that it is due for, which APScheduler tells no job."""

    def __init__(self, n_tasks: int, begin: Begin) -> None:
        super().__init__(max_workers=n_tasks)
        self._begin = begin
        self._ticks: dict[str, datetime] = {}

    def begin(self, task: str) -> None:
        """Begin a task for the tick with which it was submitted."""
        self._begin(task, self._ticks[task])

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        # One job of a task runs at a time, so that its tick cannot be overwritten before it begins.
        self._ticks[job.id] = run_times[-1]
        super()._do_submit_job(job, run_times)


def add_tasks(
    scheduler: BaseScheduler,
    executor: TickExecutor,
    config: ScheduleConfig,
    events: list[Event],
    missed: Pass,
) -> None:
    """Give every task to the scheduler.

    Of the ticks that passed while no scheduler ran, the latest is begun at once, if it is not too
    late for it: APScheduler is told that the first is still due, and coalesces them.
    """
    for task, entry in config.tasks.items():
        scheduler.add_job(
            executor.begin,
            CronTicks(config.cron_of(task), entry.start_within_hours),
            args=[task],
            id=task,
            next_run_time=_first_due(config, task, events, missed),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=max(round(entry.start_within_hours * 3600), 1),
        )


def _first_due(
    config: ScheduleConfig, task: str, events: list[Event], missed: Pass
) -> datetime | None:
    cron, entry, now = config.cron_of(task), config.tasks[task], datetime.now(UTC)
    before = last_tick(ticks_of(events), task, now) or first_watched(events, task, now)
    due = cron.next_after(now if before is None else before)
    if before is None or due is None or due > now:
        return due
    oldest = now - timedelta(hours=entry.start_within_hours)
    still_due = cron.next_after(max(before, oldest))
    if entry.catch_up and still_due is not None and still_due <= now:
        return still_due
    late = "catch_up is false" if not entry.catch_up else _too_late(entry.start_within_hours)
    missed(task, due, f"no scheduler ran when it was due; {late}.")
    return cron.next_after(now)


def _too_late(hours: float) -> str:
    return f"it may begin at most {hours:g} hours late"


def start_again_from_now(scheduler: BaseScheduler, config: ScheduleConfig) -> None:
    """Let every task be due next as the clock now says, after it was set back.

    Otherwise each would wait for the hour that was already announced. A tick that was taken before
    the clock was set back is not begun again: it is in the journal.
    """
    for task in config.tasks:
        due = config.cron_of(task).next_after(datetime.now(UTC))
        scheduler.modify_job(task, next_run_time=due)
