"""How a schedule stands: whether its scheduler lives, and what became of each task."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from seqarena.retraining.lock import is_held
from seqarena.retraining.schedule.events import (
    Event,
    RunEnded,
    SchedulerStopped,
    Verdict,
    instant_text,
)
from seqarena.retraining.schedule.heartbeat import Heartbeat, read_heartbeat
from seqarena.retraining.schedule.history import Tick, ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.outcomes import TROUBLES, Outcome
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.settings import ScheduleConfig

SchedulerState = Literal["running", "stuck", "stopped", "dead", "never started"]


@dataclass(frozen=True)
class SchedulerStatus:
    """Whether somebody watches the clock."""

    state: SchedulerState
    heartbeat_age_seconds: float | None
    pid: int | None
    host: str | None
    since: str | None
    why: str
    """Why it is not running; empty if it is."""


@dataclass(frozen=True)
class RunStatus:
    """One tick: what became of it, or since when it runs."""

    key: str
    task: str
    tick: str
    outcome: Outcome | Literal["running"]
    exit_code: int | None
    seconds: float | None
    """How long it took, or has been going on."""
    late_seconds: float | None
    stands_for: int
    why: str
    lines: tuple[str, ...]
    notifications: tuple[str, ...]


@dataclass(frozen=True)
class TaskStatus:
    """One task."""

    task: str
    cron: str
    time_zone: str
    next: str | None
    """The next tick, UTC."""
    next_local: str | None
    """The same, by the clock of the zone."""
    running: RunStatus | None
    last: RunStatus | None
    """The last verdict; a tick that was skipped stands here only if there is no other."""


@dataclass(frozen=True)
class ScheduleStatus:
    """All of it."""

    time: str
    scheduler: SchedulerStatus
    tasks: tuple[TaskStatus, ...]
    recent: tuple[RunStatus, ...]
    """The latest ticks of all tasks, the newest first."""

    @property
    def troubles(self) -> list[str]:
        """Return a line for each thing that somebody should look at."""
        lines = []
        if self.scheduler.state != "running":
            lines.append(f"scheduler: {self.scheduler.state} - {self.scheduler.why}")
        lines += [
            f"{task.task}: {task.last.outcome} - {task.last.why}"
            for task in self.tasks
            if task.last is not None and task.last.outcome in TROUBLES
        ]
        return lines


def status_of(config: ScheduleConfig, places: Places, n_recent: int = 30) -> ScheduleStatus:
    """Return how the schedule stands.

    Raises:
        ArtifactError: the journal was altered.
    """
    now = datetime.now(UTC)
    events = ScheduleJournal(places.journal).read()
    ticks = ticks_of(events)
    return ScheduleStatus(
        time=instant_text(now),
        scheduler=_scheduler(events, places),
        tasks=tuple(_task(config, task, ticks, now) for task in config.tasks),
        recent=tuple(run_status(tick, now) for tick in ticks[: -n_recent - 1 : -1]),
    )


def run_status(tick: Tick, now: datetime) -> RunStatus:
    """Return one tick as it is told."""
    verdict, claim = tick.verdict, tick.claimed
    ended = verdict if isinstance(verdict, RunEnded) else None
    going = None if verdict or claim is None else max((now - claim.time).total_seconds(), 0.0)
    return RunStatus(
        key=tick.key,
        task=tick.task,
        tick=instant_text(tick.at),
        outcome="running" if verdict is None else verdict.outcome,
        exit_code=ended.exit_code if ended else None,
        seconds=ended.seconds if ended else going,
        late_seconds=claim.late_seconds if claim else None,
        stands_for=claim.stands_for if claim else 1,
        why=verdict.why if verdict else "",
        lines=ended.lines if ended else (),
        notifications=tuple(
            f"{each.channel}: {'told' if each.delivered else f'not told, {each.why}'}"
            for each in tick.notified
        ),
    )


def _scheduler(events: Sequence[Event], places: Places) -> SchedulerStatus:
    heartbeat = read_heartbeat(places.heartbeat)
    state, why = _state(events, places, heartbeat)
    if heartbeat is None:
        return SchedulerStatus(state, None, None, None, None, why)
    age = round(heartbeat.age(), 1)
    return SchedulerStatus(state, age, heartbeat.pid, heartbeat.host, heartbeat.since, why)


def _state(
    events: Sequence[Event], places: Places, heartbeat: Heartbeat | None
) -> tuple[SchedulerState, str]:
    if heartbeat is None:
        return "never started", "start it by `seqarena schedule`."
    if is_held(places.lock):
        if heartbeat.is_late:
            return "stuck", f"pid {heartbeat.pid} lives, and gives no sign of life."
        return "running", ""
    last = next((event for event in reversed(events) if event.kind.startswith("scheduler")), None)
    if isinstance(last, SchedulerStopped):
        return "stopped", last.why
    return "dead", f"pid {heartbeat.pid} is gone without a word; start it again."


def _task(config: ScheduleConfig, task: str, ticks: Sequence[Tick], now: datetime) -> TaskStatus:
    cron = config.cron_of(task)
    due = cron.next_after(now)
    ours = [tick for tick in ticks if tick.task == task]
    going = next((tick for tick in reversed(ours) if tick.is_open), None)
    last = _last(ours)
    return TaskStatus(
        task=task,
        cron=cron.expression,
        time_zone=str(cron.zone),
        next=None if due is None else instant_text(due),
        next_local=None if due is None else f"{due.astimezone(cron.zone):%a %Y-%m-%d %H:%M %Z}",
        running=None if going is None else run_status(going, now),
        last=None if last is None else run_status(last, now),
    )


def _last(ticks: Sequence[Tick]) -> Tick | None:
    def rank(verdict: Verdict) -> tuple[bool, datetime]:
        return verdict.outcome != "skipped", verdict.time

    ended = [(rank(tick.verdict), tick) for tick in ticks if tick.verdict is not None]
    return max(ended, key=lambda each: each[0])[1] if ended else None
