"""Replays a journal into a tracking store: at least once, and to the same result every time."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from seqarena.tracking.delta import Delta, Progress, gather
from seqarena.tracking.events import ArtifactWritten, RunBegun, TableWritten
from seqarena.tracking.liveness import is_gone
from seqarena.tracking.mlflow_store import Store, StoredRun
from seqarena.tracking.parts import (
    KEY_TAG,
    PARTS_TAG,
    Part,
    dump_parts,
    is_newer,
    load_parts,
    overall,
    replaces_run,
)
from seqarena.tracking.reading import read_from, read_opening
from seqarena.tracking.tables import LOGGED_ARTIFACTS_TAG, with_table, write_table


@dataclass
class _Position:
    """How far one journal is in the store; replaced only after the store has taken everything."""

    begun: RunBegun
    run: StoredRun
    parts: dict[str, Part]
    offset: int
    progress: Progress


class Replay:
    """Follows one journal into its run; call `step` again whenever the journal may have grown.

    The position is kept in a tag of the run, written after what it stands for: a replay that starts
    anew skips what is stored, and what was stored without the tag is sent again, which changes
    nothing (MLflow keeps one of several identical rows).
    """

    def __init__(self, journal: Path, store: Store, *, thorough: bool = False) -> None:
        """Prepare the replay.

        Args:
            journal: The file.
            store: Where to.
            thorough: Send everything again, whatever the position in the store says.
        """
        self._journal = journal
        self._store = store
        self._thorough = thorough
        self._position: _Position | None = None
        self.notes: list[str] = []
        """What could not be stored, and never will."""
        self.was_closed = False
        """Whether the run was closed as KILLED in the absence of its writer."""

    def step(self, *, close_dead: bool = False) -> bool:
        """Send what is new; return whether the journal's end is stored.

        Args:
            close_dead: Close the run as KILLED if the journal has no end and its writer is gone.
        """
        if self._position is None:
            begun = read_opening(self._journal)
            if begun is None:
                return False
            self._position = self._attach(begun)
            if self._position is None:
                self.notes.append(f"{self._journal}: the store has a newer run of {begun.key!r}.")
                return True
        return self._advance(self._position, close_dead)

    def _attach(self, begun: RunBegun) -> _Position | None:
        """Find or create the run, and where to go on; None if the store has a newer telling."""
        with self._store.exclusive():
            run = self._store.find(begun.experiment, begun.key)
            if run is not None and is_newer(load_parts(run.tags), begun):
                return None
            if run is not None and replaces_run(load_parts(run.tags), begun):
                self._store.delete(run.run_id)
                run = None
            if run is None:
                told = dump_parts({begun.part: Part(begun.journal, begun.time)})
                tags = {**begun.tags, KEY_TAG: begun.key, PARTS_TAG: told}
                run = self._store.create(begun.experiment, begun.name, begun.time, tags)
        parts = load_parts(run.tags)
        known = parts.get(begun.part)
        if known is None or known.journal != begun.journal:
            known = Part(begun.journal, begun.time, is_stale=known is not None)
        parts[begun.part] = known
        offset = 0 if self._thorough else _checked_offset(self._journal, known.shipped)
        earlier, _ = read_from(self._journal, 0, offset)
        return _Position(begun, run, parts, offset, gather(earlier, Progress())[1])

    def _advance(self, position: _Position, close_dead: bool) -> bool:
        """Send everything behind the position and move it."""
        events, offset = read_from(self._journal, position.offset)
        delta, progress = gather(events, position.progress)
        part = replace(_state(position, progress), shipped=offset)
        if close_dead and progress.ended is None and self._is_abandoned(progress):
            part = replace(part, status="KILLED", ended=progress.last_time)
            self.was_closed = part != position.parts[position.begun.part]
        parts = {**position.parts, position.begun.part: part}
        status, end = overall(parts)
        run = position.run
        if events or parts != position.parts or (run.status, run.end) != (status, end):
            tags = self._send(run, delta, parts)
            self._store.set_status(run, status, end)
            params = {**delta.params, **run.params}
            run = replace(run, status=status, end=end or run.end, tags=tags, params=params)
        self._position = _Position(position.begun, run, parts, offset, progress)
        return progress.ended is not None

    def _is_abandoned(self, progress: Progress) -> bool:
        return progress.writer is not None and is_gone(
            self._journal, progress.writer, progress.last_time
        )

    def _send(self, run: StoredRun, delta: Delta, parts: dict[str, Part]) -> dict[str, str]:
        """Store a delta, files first and the position last; return all tags of the run."""
        for artifact in delta.artifacts.values():
            self._send_artifact(run, artifact)
        tags = dict(delta.tags)
        for table in delta.tables.values():
            if self._send_table(run, table):
                listed = tags.get(LOGGED_ARTIFACTS_TAG) or run.tags.get(LOGGED_ARTIFACTS_TAG, "[]")
                tags[LOGGED_ARTIFACTS_TAG] = with_table(listed, table.name)
        self._store.log_datasets(run.run_id, delta.datasets.values())
        tags[PARTS_TAG] = dump_parts(parts)
        self._store.log(run.run_id, delta.metrics, self._new_params(run, delta), tags)
        return {**run.tags, **tags}

    def _new_params(self, run: StoredRun, delta: Delta) -> dict[str, str]:
        """Return the settings that the run lacks; MLflow never lets one change."""
        for name, value in delta.params.items():
            if run.params.get(name, value) != value:
                self.notes.append(
                    f"{self._journal}: param {name!r} is stored as {run.params[name]!r} and "
                    f"cannot become {value!r}."
                )
        return {k: v for k, v in delta.params.items() if k not in run.params}

    def _send_artifact(self, run: StoredRun, artifact: ArtifactWritten) -> None:
        """Store a file, if it is still the one that the journal tells of."""
        if self._is_intact(artifact.path, artifact.sha256):
            self._store.upload(run.run_id, self._journal.parent / artifact.path, artifact.folder)

    def _send_table(self, run: StoredRun, table: TableWritten) -> bool:
        """Store a table and its pictures; say whether all of them were there."""
        cells = [cell for column in table.columns.values() for cell in column]
        pictures = [cell for cell in cells if isinstance(cell, dict)]
        if not all(self._is_intact(cell["image"], cell["sha256"]) for cell in pictures):
            return False
        with TemporaryDirectory() as folder:
            write_table(table, self._journal.parent, Path(folder))
            self._store.upload_folder(run.run_id, Path(folder))
        return True

    def _is_intact(self, path: str, sha256: str) -> bool:
        """Say whether a file is there unaltered; note it if not."""
        try:
            content = (self._journal.parent / path).read_bytes()
        except OSError as error:
            self.notes.append(f"{self._journal}: {path} cannot be read: {error.strerror}.")
            return False
        is_intact = hashlib.sha256(content).hexdigest() == sha256
        if not is_intact:
            self.notes.append(f"{self._journal}: {path} was altered after it was told.")
        return is_intact


def replay(
    journal: Path, store: Store, *, thorough: bool = False, close_dead: bool = False
) -> list[str]:
    """Replay all that a journal holds now; return what could not be stored, one line each.

    Raises:
        ArtifactError: the journal was altered, or tells of no run.
    """
    follower = Replay(journal, store, thorough=thorough)
    follower.step(close_dead=close_dead)
    return follower.notes


def _checked_offset(journal: Path, offset: int) -> int:
    """Return the stored position, or 0 if a crash took the end of the file from under it."""
    with journal.open("rb") as file:
        file.seek(max(offset - 1, 0))
        return offset if file.read(1) == b"\n" else 0


def _state(position: _Position, progress: Progress) -> Part:
    """Return the part as the journal has it now."""
    part = position.parts[position.begun.part]
    if progress.ended is None:
        return replace(part, status="RUNNING", ended=None)
    return replace(part, status=progress.ended.status, ended=progress.ended.time)
