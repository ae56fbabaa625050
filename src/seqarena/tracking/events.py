"""What a journal can say: one frozen record per line, and its JSON form."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal

from seqarena.errors import DataError

RunStatus = Literal["FINISHED", "FAILED", "KILLED"]
Cell = str | int | float | bool | None | dict[str, str]
"""A table cell; a dict is a picture: {"image": path, "sha256": digest}."""


@dataclass(frozen=True)
class Writer:
    """Which process wrote, so that a reader can tell whether it is still there."""

    pid: int
    started: float
    """Start of the process [seconds since 1970]."""
    host: str
    boot: str
    """Identity of the machine's boot; empty where the system has none."""


@dataclass(frozen=True)
class RunBegun:
    """The first line: which run this journal tells of, or adds to."""

    time: int
    journal: str
    """Random identity of this journal: the same run told again has another one."""
    part: str
    """Which part of the run it tells, such as "fit/seed-0"; told again, it replaces the old."""
    key: str
    name: str
    experiment: str
    tags: dict[str, str]
    writer: Writer


@dataclass(frozen=True)
class RunResumed:
    """Another process goes on where the last one was stopped."""

    time: int
    writer: Writer
    torn_bytes: int
    """Length of the half-written line that was cut off; 0 after a clean stop."""


@dataclass(frozen=True)
class ParamsSet:
    """Settings of the run, flattened to dotted names."""

    time: int
    params: dict[str, str]


@dataclass(frozen=True)
class TagsSet:
    """Labels of the run; a later value replaces an earlier one."""

    time: int
    tags: dict[str, str]


@dataclass(frozen=True)
class MetricLogged:
    """One finite number."""

    time: int
    name: str
    value: float
    step: int


@dataclass(frozen=True)
class NonFiniteMet:
    """A metric that was not a number one could plot: "nan", "inf" or "-inf"."""

    time: int
    name: str
    value: str
    step: int


@dataclass(frozen=True)
class DatasetUsed:
    """Data that the run read, by its digest."""

    time: int
    name: str
    digest: str
    context: str
    schema: dict[str, Any]
    source: str


@dataclass(frozen=True)
class ArtifactWritten:
    """A file of the run; `path` is relative to the journal's folder."""

    time: int
    path: str
    folder: str
    sha256: str
    size: int


@dataclass(frozen=True)
class TableWritten:
    """A table whose columns are lists of equal length."""

    time: int
    name: str
    columns: dict[str, list[Cell]]


@dataclass(frozen=True)
class RunEnded:
    """The last line, unless a later process resumes."""

    time: int
    status: RunStatus
    message: str | None


@dataclass(frozen=True)
class TornEnd:
    """Reported by the reader, never written: the file ends in the middle of a line."""

    n_bytes: int


WrittenEvent = (
    RunBegun
    | RunResumed
    | ParamsSet
    | TagsSet
    | MetricLogged
    | NonFiniteMet
    | DatasetUsed
    | ArtifactWritten
    | TableWritten
    | RunEnded
)
Event = WrittenEvent | TornEnd

_KINDS: dict[str, type[WrittenEvent]] = {
    "begin": RunBegun,
    "resume": RunResumed,
    "params": ParamsSet,
    "tags": TagsSet,
    "metric": MetricLogged,
    "nonfinite": NonFiniteMet,
    "dataset": DatasetUsed,
    "artifact": ArtifactWritten,
    "table": TableWritten,
    "end": RunEnded,
}
_KIND_OF = {record: kind for kind, record in _KINDS.items()}


def encode(event: WrittenEvent) -> str:
    """Return the event as one line of pure ASCII JSON, newline included."""
    return json.dumps({"kind": _KIND_OF[type(event)], **asdict(event)}, allow_nan=False) + "\n"


def decode(line: bytes) -> WrittenEvent:
    """Return the event of one line.

    Raises:
        DataError: the line is not JSON, not an event, or an event with other fields.
    """
    try:
        fields = json.loads(line)
        record = _KINDS[fields.pop("kind")]
        if "writer" in fields:
            fields["writer"] = Writer(**fields["writer"])
        return record(**fields)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"not an event of a journal: {error!r}.") from error
