"""What a journal says of each task: what ran, what runs, what was missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seqarena.retraining.schedule.events import (
    Event,
    Notified,
    RunClaimed,
    RunEnded,
    RunStarted,
    SchedulerStarted,
    TickPassed,
    Verdict,
)


@dataclass(frozen=True)
class Tick:
    """Everything that was told of one tick of one task."""

    claimed: RunClaimed | None
    started: RunStarted | None
    verdict: Verdict | None
    notified: tuple[Notified, ...]

    @property
    def task(self) -> str:
        """Whose it is."""
        return self._first.task

    @property
    def at(self) -> datetime:
        """When it was due."""
        return self._first.tick

    @property
    def key(self) -> str:
        """Its name in the journal."""
        return self._first.key

    @property
    def is_open(self) -> bool:
        """Whether it was begun and has no verdict."""
        return self.claimed is not None and self.verdict is None

    @property
    def _first(self) -> RunClaimed | TickPassed:
        first = self.claimed or self.verdict
        if isinstance(first, RunClaimed | TickPassed):
            return first
        raise ValueError("a tick begins with a claim, or passes.")


def ticks_of(events: Sequence[Event]) -> list[Tick]:
    """Return every tick that was taken, in the order in which that happened."""
    claimed: dict[str, RunClaimed] = {}
    started: dict[str, RunStarted] = {}
    verdicts: dict[str, Verdict] = {}
    notified: dict[str, tuple[Notified, ...]] = {}
    for event in events:
        match event:
            case RunClaimed():
                claimed[event.key] = event
            case RunStarted():
                started[event.key] = event
            case RunEnded() | TickPassed():
                verdicts[event.key] = event
            case Notified():
                notified[event.key] = (*notified.get(event.key, ()), event)
            case _:
                pass
    order = dict.fromkeys(
        event.key for event in events if isinstance(event, RunClaimed | TickPassed)
    )
    return [
        Tick(claimed.get(key), started.get(key), verdicts.get(key), notified.get(key, ()))
        for key in order
    ]


def last_tick(ticks: Sequence[Tick], task: str, until: datetime) -> datetime | None:
    """Return the latest tick of a task that was taken, not after `until`; None: there is none.

    Ticks after `until` are of a clock that was wrong, and say nothing of what was missed.
    """
    return max((tick.at for tick in ticks if tick.task == task and tick.at <= until), default=None)


def first_watched(events: Sequence[Event], task: str, until: datetime) -> datetime | None:
    """Return since when a task is watched, for one that has no tick yet; None: it is new."""
    return min(
        (
            event.time
            for event in events
            if isinstance(event, SchedulerStarted) and task in event.tasks and event.time <= until
        ),
        default=None,
    )
