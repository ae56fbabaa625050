"""A tick becomes a run: claimed once, alone with its task, recorded, and told."""

import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

from seqarena.retraining.lock import HeldError, Lock
from seqarena.retraining.schedule.command import Command, CommandEnd
from seqarena.retraining.schedule.events import (
    Event,
    RunClaimed,
    RunEnded,
    RunStarted,
    TickPassed,
    Verdict,
)
from seqarena.retraining.schedule.hidden_variables import environment_without, secrets_of
from seqarena.retraining.schedule.history import last_tick, ticks_of
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.notifier import Notifier
from seqarena.retraining.schedule.orphans import RUN_KEY
from seqarena.retraining.schedule.outcomes import Outcome
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.printed import last_lines, reason
from seqarena.retraining.schedule.settings import ScheduleConfig
from seqarena.tracking.liveness import this_writer

By = Literal["scheduler", "command"]
_MOST_COUNTED = 1000


class Runner:
    """Begins runs, and remembers which are going on; its methods may be called from any thread."""

    def __init__(
        self,
        config: ScheduleConfig,
        places: Places,
        notifier: Notifier,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the settings; `changed` is called whenever the journal grew."""
        self._config = config
        self._places = places
        self._notifier = notifier
        self._changed = changed
        self._journal = ScheduleJournal(places.journal)
        self._going: dict[str, Command | None] = {}
        self._unwritten: list[Verdict] = []
        self._guard = threading.Lock()

    @property
    def going(self) -> set[str]:
        """Keys of the runs of this process that have no recorded end."""
        with self._guard:
            return {*self._going, *(verdict.key for verdict in self._unwritten)}

    @property
    def kill_seconds(self) -> float:
        """How long what is ended has for putting things in order."""
        return self._config.kill_seconds

    @property
    def secrets(self) -> list[str]:
        """What must not be told."""
        return list(secrets_of(self._config.notify).values())

    def run(self, task: str, tick: datetime, by: By) -> RunEnded | None:
        """Run the command of a task for a tick; None: the tick was taken, or the task is busy.

        Raises:
            OSError: the tick could not be recorded, so that nothing was begun.
        """
        try:
            with Lock(self._places.task_lock(task), f"a run of {task}") as lock:
                return self._alone(task, tick, by, lock)
        except HeldError as error:
            self.passed(task, tick, "skipped", str(error))
            return None

    def passed(self, task: str, tick: datetime, outcome: Outcome, why: str) -> None:
        """Record that a tick went by without a run, unless it was taken."""
        event = TickPassed(time=datetime.now(UTC), task=task, tick=tick, outcome=outcome, why=why)
        if self._journal.claim(event):
            self._changed()
            self._notifier.tell(event)

    def close(self, verdict: RunEnded) -> None:
        """Record the end of a run; what cannot be written now is kept for `write_again`."""
        try:
            self._journal.append(verdict)
        except OSError as error:
            sys.stderr.write(f"{self._places.journal}: {error.strerror}; {verdict.key} waits.\n")
            with self._guard:
                self._unwritten.append(verdict)
        self._changed()
        self._notifier.tell(verdict)

    def write_again(self) -> None:
        """Try again to record what could not be written.

        Raises:
            OSError: it still cannot.
        """
        while self._unwritten:
            self._journal.append(self._unwritten[0])
            with self._guard:
                del self._unwritten[0]

    def end_all(self, cause: str) -> None:
        """End every run of this process; each is recorded as abandoned."""
        with self._guard:
            commands = [command for command in self._going.values() if command is not None]
        threads = [
            threading.Thread(
                target=command.end, args=("abandoned", cause, self._config.kill_seconds)
            )
            for command in commands
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _alone(self, task: str, tick: datetime, by: By, lock: Lock) -> RunEnded | None:
        claim = self._claim(task, tick, by)
        with self._guard:
            self._going[claim.key] = None
        try:
            if not self._journal.claim(claim):
                return None
            self._changed()
            verdict = self._carried_out(claim, lock)
            self.close(verdict)
            return verdict
        finally:
            with self._guard:
                del self._going[claim.key]

    def _claim(self, task: str, tick: datetime, by: By) -> RunClaimed:
        now = datetime.now(UTC)
        before = last_tick(ticks_of(self._journal.read()), task, tick)
        n_due = 1
        if by == "scheduler" and before is not None:
            n_due = len(self._config.cron_of(task).between(before, tick, _MOST_COUNTED))
        return RunClaimed(
            time=now,
            task=task,
            tick=tick,
            by=by,
            process=this_writer(),
            late_seconds=(now - tick).total_seconds(),
            stands_for=max(n_due, 1),
        )

    def _carried_out(self, claim: RunClaimed, lock: Lock) -> RunEnded:
        entry = self._config.tasks[claim.task]
        words = entry.words(claim.task)
        log = self._places.log(claim.task, claim.tick)
        environment = environment_without(secrets_of(self._config.notify))
        environment[RUN_KEY] = claim.key
        try:
            command = Command(words, self._places.root, log, environment, [lock.descriptor])
        except OSError as error:
            return _verdict(claim, "failed", why=f"could not be started: {error.strerror}")
        with self._guard:
            self._going[claim.key] = command
        self._tell(RunStarted(**_of(claim), pid=command.pid, command=tuple(words)))
        limit = entry.time_limit_hours
        end = command.wait(None if limit is None else limit * 3600, self._config.kill_seconds)
        self._prune(claim.task, entry.kept_logs)
        meaning = None if end.cause else entry.meaning_of(end.exit_code)
        return _ended(claim, end, last_lines(log, self.secrets), meaning)

    def _tell(self, event: Event) -> None:
        """Record what is good to know; a full disk does not end the run for it."""
        try:
            self._journal.append(event)
        except OSError as error:
            sys.stderr.write(f"{self._places.journal}: {error.strerror}.\n")
        self._changed()

    def _prune(self, task: str, kept: int) -> None:
        logs = sorted(self._places.logs(task).glob("*.log"), key=lambda log: log.stat().st_mtime)
        for log in logs[:-kept]:
            log.unlink(missing_ok=True)


def _of(claim: RunClaimed) -> dict[str, object]:
    return {"time": datetime.now(UTC), "task": claim.task, "tick": claim.tick}


def _verdict(claim: RunClaimed, outcome: Outcome, why: str) -> RunEnded:
    return RunEnded(**_of(claim), outcome=outcome, exit_code=None, seconds=None, why=why)


def _ended(
    claim: RunClaimed, end: CommandEnd, lines: tuple[str, ...], meaning: Outcome | None
) -> RunEnded:
    return RunEnded(
        **_of(claim),
        outcome=meaning or end.outcome,
        exit_code=end.exit_code,
        seconds=round(end.seconds, 3),
        why=reason(end.cause, end.exit_code, lines),
        lines=lines,
    )
