"""The journal of a run: append-only JSON Lines, the one thing that training writes.

Everything that MLflow shows is replayed from journals, so a dead tracking server stops nothing and
loses nothing. Timestamps are fixed when an event is told, which makes replaying it idempotent.
"""

import json
import math
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from seqarena.errors import ArtifactError, DataError, SeqarenaError
from seqarena.tracking.artifacts import digest_of, relative_to_journal, table_cell
from seqarena.tracking.checks import check_columns, check_name, flatten
from seqarena.tracking.events import (
    ArtifactWritten,
    DatasetUsed,
    NonFiniteMet,
    ParamsSet,
    RunBegun,
    RunEnded,
    RunResumed,
    RunStatus,
    TableWritten,
    TagsSet,
    WrittenEvent,
    encode,
)
from seqarena.tracking.journal_file import JournalFile
from seqarena.tracking.liveness import this_writer
from seqarena.tracking.reading import read_from, read_journal

__all__ = ["Journal", "RunIdentity", "read_journal"]


@dataclass(frozen=True)
class RunIdentity:
    """Which run a journal tells of."""

    key: str
    """Finds the run again in any store: "<experiment>/seed-0/<fingerprint>"."""
    name: str
    """What the list of runs calls it."""
    experiment: str
    """The MLflow experiment: the task."""
    tags: Mapping[str, str] = field(default_factory=dict)
    part: str | None = None
    """Which part of the run this journal tells; None: the last two folders of its path, such as
    "fit/seed-0". Parts (fit, evaluation) make one run; a part told again replaces the old one."""

    def __post_init__(self) -> None:
        for name in (self.key, *self.tags):
            check_name("run", name)


class Journal:
    """Writes one journal; satisfies the `Recorder` protocol of fitting.

    Events wait in memory for at most half a second; a thread of its own writes and syncs them, so
    the caller never waits for the disk. As a context manager it ends the run as FAILED when an
    error passes, and as KILLED when the process is told to stop.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: JournalFile | None = None
        self._names: dict[str, str] = {}
        self._params: dict[str, str] = {}

    def begin(self, run: RunIdentity) -> None:
        """Begin the run, or go on with it if the file already tells of it.

        Raises:
            ArtifactError: the file tells of another run, was altered, or another process writes it.
        """
        file = JournalFile(self.path)
        try:
            opening = self._opening(run, file.cut_torn_end())
        except BaseException:  # whatever it is, it goes on; the lock must not stay behind
            file.close()
            raise
        self._file = file
        self._tell(opening)
        file.flush()
        file.start()

    def params(self, params: Mapping[str, Any]) -> None:
        """Tell settings; nested mappings become dotted names, other values JSON.

        Raises:
            DataError: a name was already told with another value.
        """
        flat = flatten(params)
        for name, value in flat.items():
            check_name("param", name)
            if self._params.setdefault(name, value) != value:
                raise DataError(
                    f"{self.path}: param {name!r} is {self._params[name]} and cannot become "
                    f"{value}; params never change, use a tag or a metric."
                )
        self._tell(ParamsSet(_now(), flat))

    def tags(self, tags: Mapping[str, str]) -> None:
        """Tell labels; "mlflow.note.content" is the run's description in Markdown."""
        for name in tags:
            check_name("tag", name)
        self._tell(TagsSet(_now(), dict(tags)))

    def metric(self, name: str, value: float | int, step: int) -> None:
        """Tell one number; one that is not finite becomes an event of its own, never a number."""
        number = float(value)
        if not math.isfinite(number):
            check_name("metric", name)
            self._tell(NonFiniteMet(_now(), name, repr(number), int(step)))
            return
        encoded = self._names.get(name) or self._known(name)
        # Written by hand: 1 microsecond, where `encode` takes 10.
        self._open_file().append(
            f'{{"kind": "metric", "time": {_now()}, "name": {encoded}, '
            f'"value": {number!r}, "step": {int(step)}}}\n'
        )

    def metrics(self, values: Mapping[str, float | int], step: int) -> None:
        """Tell several numbers of one step."""
        for name, value in values.items():
            self.metric(name, value, step)

    def dataset(
        self, name: str, digest: str, context: str, schema: Mapping[str, Any], source: str = ""
    ) -> None:
        """Tell which data the run reads.

        Args:
            name: Task and split, such as "dates/train".
            digest: Hash of the content.
            context: What it is read for: "training", "validation", "evaluation".
            schema: JSON-ready summary: sizes, lengths, counts.
            source: Path or address, without credentials.
        """
        self._tell(DatasetUsed(_now(), name, digest, context, dict(schema), source))

    def artifact(self, path: Path, folder: str = "") -> None:
        """Tell of a file below the journal's folder; it is uploaded into `folder` of the run."""
        digest, n_bytes = digest_of(path)
        relative = relative_to_journal(self.path, path)
        self._tell(ArtifactWritten(_now(), relative, folder, digest, n_bytes))

    def table(self, name: str, columns: Mapping[str, Sequence[object]]) -> None:
        """Tell of a table for the artifact view, where runs stand side by side.

        Args:
            name: File name in the run, without suffix.
            columns: Cells of each column; a `Path` is a picture below the journal's folder.

        Raises:
            DataError: columns differ in length, or one mixes pictures with other cells.
        """
        check_name("table", name)
        check_columns(name, columns)
        cells = {
            column: [table_cell(self.path, cell) for cell in row] for column, row in columns.items()
        }
        self._tell(TableWritten(_now(), name, cells))

    def end(self, status: RunStatus, message: str | None = None) -> None:
        """End the run; everything is on disk when this returns."""
        self._tell(RunEnded(_now(), status, message))
        self.close()

    def flush(self) -> None:
        """Put everything on disk now."""
        self._open_file().flush()

    def close(self) -> None:
        """Put everything on disk and let go of the file, without ending the run."""
        file, self._file = self._file, None
        self._names, self._params = {}, {}
        if file is not None:
            file.close()

    def __enter__(self) -> "Journal":
        """Return the journal itself; `begin` is left to the caller."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the run as what passes by, if it has not ended."""
        if self._file is None:
            return
        if error is None:
            self.end("FINISHED")
        elif isinstance(error, Exception):
            self.end("FAILED", f"{type(error).__name__}: {error}")
        else:
            self.end("KILLED", type(error).__name__)

    def _opening(self, run: RunIdentity, torn_bytes: int) -> RunBegun | RunResumed:
        """Return the first event of this process."""
        events, _ = read_from(self.path)
        if not events:
            part = run.part or "/".join(self.path.resolve().parts[-3:-1])
            fields = (uuid.uuid4().hex[:16], part, run.key, run.name, run.experiment)
            return RunBegun(_now(), *fields, dict(run.tags), this_writer())
        first = events[0]
        if not isinstance(first, RunBegun) or first.key != run.key:
            told = first.key if isinstance(first, RunBegun) else "no run"
            raise ArtifactError(
                f"{self.path}: tells of {told!r} and cannot begin {run.key!r}; "
                "move it away, or write to another folder."
            )
        for event in events:
            self._params.update(event.params if isinstance(event, ParamsSet) else {})
        return RunResumed(_now(), this_writer(), torn_bytes)

    def _known(self, name: str) -> str:
        """Check a metric's name once, and return it as JSON."""
        self._open_file()
        check_name("metric", name)
        return self._names.setdefault(name, json.dumps(name))

    def _tell(self, event: WrittenEvent) -> None:
        self._open_file().append(encode(event))

    def _open_file(self) -> JournalFile:
        if self._file is None:
            raise SeqarenaError(
                f"{self.path}: nothing can be told before begin(run) or after end(status)."
            )
        return self._file


def _now() -> int:
    """Return the time [ms since 1970]."""
    return time.time_ns() // 1_000_000
