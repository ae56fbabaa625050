"""Runs whose process is gone without a word: they are closed as killed."""

from datetime import UTC, datetime

from seqarena.retraining.lock import HeldError, Lock, is_held
from seqarena.retraining.schedule.events import RunEnded
from seqarena.retraining.schedule.history import Tick, ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.orphans import end_orphans, is_gone
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.printed import last_lines
from seqarena.retraining.schedule.runner import Runner


def close_dead_runs(places: Places, runner: Runner) -> list[str]:
    """Close every open run whose lock nobody holds, and return a line for each.

    Commands hold the lock as well as who started them. What a dead scheduler left of one is ended
    first; while anything holds the lock after that, the run stays open.
    """
    going = runner.going
    lines = []
    for tick in _open_ticks(places):
        if tick.key in going:
            continue
        if tick.claimed is not None and is_gone(tick.claimed.process):
            end_orphans(tick.key, runner.kill_seconds)
        if _is_dead(tick, places):
            lines.append(_closed(tick, places, runner))
    return lines


def _open_ticks(places: Places) -> list[Tick]:
    return [tick for tick in ticks_of(ScheduleJournal(places.journal).read()) if tick.is_open]


def _is_dead(tick: Tick, places: Places) -> bool:
    lock = places.task_lock(tick.task)
    if is_held(lock):
        return False
    try:
        with Lock(lock, "a run"):
            # It may have ended between the two looks.
            return any(each.key == tick.key for each in _open_ticks(places))
    except HeldError:
        return False


def _closed(tick: Tick, places: Places, runner: Runner) -> str:
    log = places.log(tick.task, tick.at)
    why = "its process is gone, and so is the scheduler above it"
    if tick.started is None:
        why = "the scheduler was gone before the command had started"
    runner.close(
        RunEnded(
            time=datetime.now(UTC),
            task=tick.task,
            tick=tick.at,
            outcome="killed",
            exit_code=None,
            seconds=None,
            why=why,
            lines=last_lines(log, runner.secrets) if log.exists() else (),
        )
    )
    return f"{tick.key}: killed - {why}"
