"""The status of a schedule as lines for a terminal."""

import itertools
from datetime import UTC, datetime

from seqarena.retraining.schedule.cron import Cron
from seqarena.retraining.schedule.events import instant_text
from seqarena.retraining.schedule.printed import inert
from seqarena.retraining.schedule.status import RunStatus, ScheduleStatus, TaskStatus

_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def status_lines(status: ScheduleStatus) -> list[str]:
    """Return what `seqarena schedule status` prints."""
    scheduler = status.scheduler
    age = scheduler.heartbeat_age_seconds
    who = "" if scheduler.pid is None else f" (pid {scheduler.pid} on {scheduler.host})"
    heartbeat = "" if age is None else f"; heartbeat {duration(age)} ago"
    why = f" - {scheduler.why}" if scheduler.why else ""
    lines = [f"scheduler: {scheduler.state}{who}{heartbeat}{why}"]
    for task in status.tasks:
        lines += _task_lines(task)
    return [inert(line) for line in lines]


def duration(seconds: float) -> str:
    """Return a time span in its two largest units, `2 h 5 min`; a short one as `1.5 s`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    left, parts = round(seconds), []
    for name, size in _UNITS:
        if left >= size:
            parts.append(f"{left // size} {name}")
            left %= size
    return " ".join(parts[:2])


def verdict_text(run: RunStatus) -> str:
    """Return what became of a run, and why, in a line."""
    took = "" if run.seconds is None else f" after {duration(run.seconds)}"
    code = "" if run.exit_code is None else f", exit code {run.exit_code}"
    why = "" if run.why.startswith("exit code") else code
    return f"{run.outcome}{took}{why}: {run.why}"


def _task_lines(task: TaskStatus) -> list[str]:
    due = "never" if task.next is None else f"{task.next_local} ({task.next})"
    lines = [f"{task.task}: {task.cron} in {task.time_zone}", f"  next     {due}"]
    if task.running is not None:
        going = duration(task.running.seconds or 0.0)
        lines.append(f"  running  {task.running.tick}, for {going}")
    if task.last is None:
        lines.append("  last     never")
        return lines
    lines.append(f"  last     {task.last.tick} {verdict_text(task.last)}")
    lines += [f"           notified by {each}" for each in task.last.notifications]
    return lines


def next_lines(task: str, cron: Cron, n_ticks: int) -> list[str]:
    """Return the next ticks of a task, by the clock of its zone and in UTC."""
    ticks = itertools.islice(cron.after(datetime.now(UTC)), n_ticks)
    return [
        f"{task}: {tick.astimezone(cron.zone):%a %Y-%m-%d %H:%M:%S %Z} ({instant_text(tick)})"
        for tick in ticks
    ]
