"""What the journal of a schedule can say: one frozen record per line."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, computed_field

from seqarena.retraining.schedule.outcomes import Outcome
from seqarena.tracking.events import Writer

_RECORD = ConfigDict(frozen=True, extra="ignore")


def instant_text(instant: datetime) -> str:
    """Return an instant as `2026-01-05T02:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Event(BaseModel):
    model_config = _RECORD

    time: AwareDatetime
    """When it was told."""


class _OfATick(_Event):
    task: str
    tick: AwareDatetime
    """The instant at which the task was due."""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def key(self) -> str:
        """Names the run: whatever happens, there is one for each task and tick."""
        return f"{self.task}@{instant_text(self.tick)}"


class SchedulerStarted(_Event):
    """A scheduler began to watch."""

    kind: Literal["scheduler_started"] = "scheduler_started"
    process: Writer
    version: str
    settings: str
    """SHA-256 of schedule.yaml, 16 hex digits."""
    tasks: tuple[str, ...]
    """Those that it watches."""


class SchedulerStopped(_Event):
    """It ended in good order."""

    kind: Literal["scheduler_stopped"] = "scheduler_stopped"
    why: str


class ClockMoved(_Event):
    """The clock of the machine jumped, or the machine slept."""

    kind: Literal["clock_moved"] = "clock_moved"
    seconds: float
    """Positive: forward."""


class RunClaimed(_OfATick):
    """The tick is taken: nobody else will begin it. Written before the command starts."""

    kind: Literal["run_claimed"] = "run_claimed"
    by: Literal["scheduler", "command"]
    process: Writer
    """Who began it."""
    late_seconds: float
    stands_for: int = 1
    """Ticks that this run makes up for, its own among them."""


class RunStarted(_OfATick):
    """The command runs."""

    kind: Literal["run_started"] = "run_started"
    pid: int
    command: tuple[str, ...]


class RunEnded(_OfATick):
    """What became of the command."""

    kind: Literal["run_ended"] = "run_ended"
    outcome: Outcome
    exit_code: int | None
    """None: unknown. Of a command that signal n ended, -n."""
    seconds: float | None
    """By a clock that nobody can set; None: unknown."""
    why: str
    lines: tuple[str, ...] = ()
    """The last that it printed."""


class TickPassed(_OfATick):
    """The tick went by without a run."""

    kind: Literal["tick_passed"] = "tick_passed"
    outcome: Outcome
    why: str


class Notified(_OfATick):
    """Somebody was told, or could not be."""

    kind: Literal["notified"] = "notified"
    channel: Literal["command", "webhook"]
    delivered: bool
    attempts: int
    why: str = ""


Event = Annotated[
    SchedulerStarted
    | SchedulerStopped
    | ClockMoved
    | RunClaimed
    | RunStarted
    | RunEnded
    | TickPassed
    | Notified,
    Field(discriminator="kind"),
]
Verdict = RunEnded | TickPassed
"""What ends a tick."""

_EVENT: TypeAdapter[Event] = TypeAdapter(Event)


def encode(event: Event) -> bytes:
    """Return an event as a line of JSON."""
    return event.model_dump_json().encode() + b"\n"


def decode(line: bytes) -> Event:
    """Return the event that a line holds.

    Raises:
        ValueError: it holds none.
    """
    return _EVENT.validate_json(line)
