"""Reading journals back, whole or from where one stopped."""

from itertools import chain
from pathlib import Path

from seqarena.errors import ArtifactError, DataError
from seqarena.tracking.events import Event, RunBegun, TornEnd, WrittenEvent, decode

JOURNAL_NAME = "journal.jsonl"
"""What every journal is called; `sync` looks for it."""


def read_from(
    path: Path, offset: int = 0, stop: int | None = None
) -> tuple[list[WrittenEvent], int]:
    """Return the complete events from byte `offset` to `stop`, and the offset behind the last.

    What follows that offset is a line that is still being written, or was torn by a crash.

    Raises:
        ArtifactError: a line that others follow is not an event: the file was altered.
    """
    with path.open("rb") as file:
        file.seek(offset)
        lines = file.read(-1 if stop is None else stop - offset).splitlines(keepends=True)
    events: list[WrittenEvent] = []
    for index, line in enumerate(lines):
        try:
            events.append(_decode_complete(line))
        except DataError as error:
            if index == len(lines) - 1:
                break
            raise ArtifactError(
                f"{path}: the line at byte {offset} is {error} "
                "The file was altered after it was written; restore it, or run the stage again."
            ) from error
        offset += len(line)
    return events, offset


def read_journal(path: Path) -> list[Event]:
    """Return every event of a journal; a torn end is reported as a final `TornEnd`.

    Raises:
        ArtifactError: the file does not begin with a run, or was altered in the middle.
    """
    events, offset = read_from(path)
    n_torn = path.stat().st_size - offset
    if not events or not isinstance(events[0], RunBegun):
        raise ArtifactError(
            f"{path}: does not begin with a run. It is not a journal, or its writer was stopped "
            "before the first flush; delete it, or run the stage again."
        )
    return list(chain(events, [TornEnd(n_torn)] if n_torn else []))


def read_opening(path: Path) -> RunBegun | None:
    """Return the event with which the journal begins; None while it holds none.

    Raises:
        ArtifactError: the file begins with something else.
    """
    with path.open("rb") as file:
        length = len(file.readline())
    events, _ = read_from(path, 0, length)
    if not events:
        return None
    if not isinstance(events[0], RunBegun):
        raise ArtifactError(f"{path}: does not begin with a run, so it is not a journal.")
    return events[0]


def _decode_complete(line: bytes) -> WrittenEvent:
    """Decode a line that must end in a newline: without one, its writer may not have finished."""
    if not line.endswith(b"\n"):
        raise DataError("not finished.")
    return decode(line)
