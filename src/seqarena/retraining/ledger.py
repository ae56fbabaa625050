"""What was decided, when, and on which evidence: append-only JSON Lines, each chained to the last.

A line holds the SHA-256 of the line before it, so that one which was altered or taken out shows.
Each is on the disk before the next step is taken. What a crash left of a half-written line was
never promised to anybody: it is cut off when the next is appended.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from seqarena.errors import ArtifactError

Event = Literal[
    "begun",
    "refused",
    "failed",
    "rejected",
    "approved",
    "promoted",
    "abandoned",
    "adopted",
    "rollback_begun",
    "rolled_back",
    "deleted",
    "committed",
]
"""`approved` and `rollback_begun` announce what `promoted` and `rolled_back` say is done."""

START = "0" * 64
"""Stands for the line before the first."""


@dataclass(frozen=True)
class Entry:
    """One line."""

    number: int
    """From 1, without a gap."""
    time: str
    """UTC, ISO 8601, to the millisecond."""
    event: Event
    facts: dict[str, Any]
    """What is known of the event, JSON-ready."""
    previous: str
    """SHA-256 of the line before."""
    sha256: str
    """Of all the other fields."""


def read_ledger(path: Path) -> list[Entry]:
    """Return every entry, after checking the chain; none where there is no file.

    Raises:
        ArtifactError: a line is not JSON, does not follow from the one before, or was altered.
    """
    lines, _ = _whole_lines(path)
    entries: list[Entry] = []
    for line in lines:
        entry = _parsed(path, len(entries) + 1, line)
        _refuse_break(path, entry, entries[-1] if entries else None)
        entries.append(entry)
    return entries


def append(path: Path, event: Event, facts: Mapping[str, Any]) -> Entry:
    """Add an entry, and return it once it is on the disk.

    Raises:
        ArtifactError: the ledger that is there is broken: nothing is added to it.
    """
    entries = read_ledger(path)
    entry = _sealed(
        number=len(entries) + 1,
        time=datetime.now(UTC).isoformat(timespec="milliseconds"),
        event=event,
        facts=dict(facts),
        previous=entries[-1].sha256 if entries else START,
    )
    _write(path, json.dumps(asdict(entry), allow_nan=False) + "\n")
    return entry


def _write(path: Path, line: str) -> None:
    """Put a line behind the last whole one, on the disk, the file's name too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _, n_bytes = _whole_lines(path)
    with path.open("ab") as file:
        file.truncate(n_bytes)
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _whole_lines(path: Path) -> tuple[list[bytes], int]:
    """Return the lines that end, and where the last of them does."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return [], 0
    n_bytes = content.rfind(b"\n") + 1
    return content[:n_bytes].splitlines(), n_bytes


def _sealed(**fields: Any) -> Entry:
    return Entry(**fields, sha256=_digest(fields))


def _digest(fields: Mapping[str, Any]) -> str:
    canonical = json.dumps(dict(fields), sort_keys=True, allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _parsed(path: Path, number: int, line: bytes) -> Entry:
    try:
        fields = json.loads(line)
        event = fields["event"]
        if event in get_args(Event):
            return Entry(**fields)
    except (ValueError, TypeError, KeyError) as error:
        raise ArtifactError(
            f"{path}, line {number}: is no entry of a ledger ({error!r}); restore the file."
        ) from None
    raise ArtifactError(
        f"{path}, line {number}: {event!r} is no event that this version of seqarena knows; "
        "restore the file, or use the version that wrote it."
    )


def _refuse_break(path: Path, entry: Entry, before: Entry | None) -> None:
    number, previous = (before.number + 1, before.sha256) if before else (1, START)
    fields = asdict(entry)
    found = fields.pop("sha256")
    if (entry.number, entry.previous, found) == (number, previous, _digest(fields)):
        return
    raise ArtifactError(
        f"{path}, line {number}: does not follow from the line before it, or was altered: its "
        f"SHA-256 is {_digest(fields)[:12]} (it says {str(found)[:12]}), and it follows "
        f"{entry.previous[:12]} (before it stands {previous[:12]}). Restore the file from a copy."
    )
