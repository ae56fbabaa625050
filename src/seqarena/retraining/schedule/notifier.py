"""Tells an outcome to a command and to a webhook, in a thread of its own; it never fails a run."""

import socket
import sys
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from seqarena.retraining.schedule.delivery import DeliveryError, post, tell_command
from seqarena.retraining.schedule.events import Notified, RunEnded, Verdict, instant_text
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.settings import NotifyConfig

Channel = Literal["command", "webhook"]


class Notifier:
    """Takes verdicts, and tells them one after the other."""

    def __init__(
        self,
        config: NotifyConfig,
        root: Path,
        journal: ScheduleJournal,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take the settings, the folder in which a command runs, and where deliveries are told."""
        self._config = config
        self._root = root
        self._journal = journal
        self._changed = changed
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="notify")
        self._waiting: list[Future[None]] = []

    def tell(self, verdict: Verdict) -> None:
        """Tell a verdict soon, if its outcome is one of those that are told."""
        if verdict.outcome not in self._config.outcomes:
            return
        content = payload(verdict)
        self._waiting = [future for future in self._waiting if not future.done()]
        if self._config.command is not None:
            self._waiting.append(self._thread.submit(self._deliver, "command", verdict, content))
        if self._config.webhook is not None:
            self._waiting.append(self._thread.submit(self._deliver, "webhook", verdict, content))

    def finish(self, seconds: float) -> int:
        """Wait for what is to be told, at most so long; return how many were given up."""
        left = wait(self._waiting, seconds).not_done
        self._thread.shutdown(wait=not left, cancel_futures=True)
        return len(left)

    def _deliver(self, channel: Channel, verdict: Verdict, content: dict[str, object]) -> None:
        """Try one channel, and tell the journal; nothing may pass from here."""
        try:
            attempts, error = self._tried(channel, content)
            event = Notified(
                time=datetime.now(UTC),
                task=verdict.task,
                tick=verdict.tick,
                channel=channel,
                delivered=not error,
                attempts=attempts,
                why=error,
            )
            self._journal.append(event)
            self._changed()
        except Exception as error:  # the thread goes on, and so do the runs
            sys.stderr.write(f"{verdict.key}: {channel}: {type(error).__name__}\n")

    def _tried(self, channel: Channel, content: dict[str, object]) -> tuple[int, str]:
        """Return the number of attempts and the last error; empty when it was delivered."""
        try:
            if channel == "command":
                return tell_command(self._config, self._root, content), ""
            return post(self._config, content), ""
        except DeliveryError as error:
            return error.attempts, str(error)


def payload(verdict: Verdict) -> dict[str, object]:
    """Return what is told, ready for JSON; `text` is what a chat shows."""
    told: dict[str, object] = {
        "key": verdict.key,
        "task": verdict.task,
        "tick": instant_text(verdict.tick),
        "outcome": verdict.outcome,
        "why": verdict.why,
        "host": socket.gethostname(),
        "text": f"{verdict.task}: {verdict.outcome} - {verdict.why}",
    }
    if isinstance(verdict, RunEnded):
        told |= {
            "exit_code": verdict.exit_code,
            "seconds": verdict.seconds,
            "lines": list(verdict.lines),
        }
    return told
