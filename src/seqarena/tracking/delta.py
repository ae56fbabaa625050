"""What a stretch of a journal asks a tracking store to hold."""

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field

from seqarena.tracking.events import (
    ArtifactWritten,
    DatasetUsed,
    MetricLogged,
    NonFiniteMet,
    ParamsSet,
    RunBegun,
    RunEnded,
    RunResumed,
    TableWritten,
    TagsSet,
    Writer,
    WrittenEvent,
)
from seqarena.tracking.location import redact

LONGEST_PARAM = 250
"""Longer settings are no params: the run's config file has them [characters]."""


@dataclass
class Delta:
    """Things to store; of what has a name only the last is kept."""

    metrics: list[MetricLogged] = field(default_factory=list)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    datasets: dict[tuple[str, str], DatasetUsed] = field(default_factory=dict)
    artifacts: dict[tuple[str, str], ArtifactWritten] = field(default_factory=dict)
    tables: dict[str, TableWritten] = field(default_factory=dict)


@dataclass
class Progress:
    """Facts about the events so far, on which the meaning of later ones depends."""

    writer: Writer | None = None
    """The last process that opened the journal."""
    ended: RunEnded | None = None
    last_time: int = 0
    told: dict[str, int] = field(default_factory=dict)
    """The largest step of each metric."""
    told_before: dict[str, int] = field(default_factory=dict)
    """The same at the moment when the last process resumed."""
    non_finite: dict[str, tuple[int, str]] = field(default_factory=dict)
    """How often each metric was not finite, and where first."""
    long_params: set[str] = field(default_factory=set)


def gather(events: Iterable[WrittenEvent], before: Progress) -> tuple[Delta, Progress]:
    """Return what the events ask for, and the progress after them."""
    delta, after = Delta(), deepcopy(before)
    for event in events:
        match event:
            case MetricLogged():
                _take_metric(event, delta, after)
            case RunBegun() | RunResumed() | RunEnded():
                _take_turn(event, delta, after)
            case _:
                _take_rest(event, delta, after)
        after.last_time = event.time
    return delta, after


def _take_metric(event: MetricLogged, delta: Delta, progress: Progress) -> None:
    """Keep a number, unless a resumed fit tells a step again: it goes back to its checkpoint."""
    if event.name in progress.told_before and event.step <= progress.told_before[event.name]:
        return
    delta.metrics.append(event)
    progress.told[event.name] = max(event.step, progress.told.get(event.name, event.step))


def _take_turn(event: RunBegun | RunResumed | RunEnded, delta: Delta, progress: Progress) -> None:
    """Keep a beginning, a new beginning, or an end."""
    match event:
        case RunBegun():
            progress.writer = event.writer
            delta.tags.update(event.tags)
        case RunResumed():
            progress.writer, progress.ended = event.writer, None
            progress.told_before = dict(progress.told)
        case RunEnded():
            progress.ended = event
            if event.message:
                delta.tags["seqarena.message"] = redact(event.message)


def _take_rest(
    event: ParamsSet | TagsSet | NonFiniteMet | DatasetUsed | ArtifactWritten | TableWritten,
    delta: Delta,
    progress: Progress,
) -> None:
    """Keep what the run said about itself."""
    match event:
        case ParamsSet():
            _take_params(event, delta, progress)
        case TagsSet():
            delta.tags.update(event.tags)
        case NonFiniteMet():
            _take_non_finite(event, delta, progress)
        case DatasetUsed():
            delta.datasets[event.name, event.digest] = event
        case ArtifactWritten():
            delta.artifacts[event.folder, event.path] = event
        case TableWritten():
            delta.tables[event.name] = event


def _take_params(event: ParamsSet, delta: Delta, progress: Progress) -> None:
    """Keep short settings, and name the long ones in a tag."""
    long = {name for name, value in event.params.items() if len(value) > LONGEST_PARAM}
    delta.params.update({k: v for k, v in event.params.items() if k not in long})
    progress.long_params |= long
    if long:
        delta.tags["seqarena.params_too_long"] = ", ".join(sorted(progress.long_params))


def _take_non_finite(event: NonFiniteMet, delta: Delta, progress: Progress) -> None:
    """Count what was not a number in a tag of its own."""
    first = f"{event.value} at step {event.step}"
    count, first = progress.non_finite.get(event.name, (0, first))
    progress.non_finite[event.name] = (count + 1, first)
    delta.tags[f"seqarena.nonfinite.{event.name}"] = f"{count + 1} in all, first {first}"
