"""Ships journals to MLflow while training runs, and never stands in training's way."""

import logging
import threading
from pathlib import Path
from types import TracebackType

from seqarena.tracking.client_environment import LIVE, client_environment
from seqarena.tracking.location import StoreLocation, redact
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.replay import Replay

_logger = logging.getLogger(__name__)
_LONGEST_PAUSE = 60.0


class Shipper:
    """A daemon thread that follows the journals of this process into the tracking store.

    It imports MLflow itself, so that nobody waits for that. When the store fails, one warning says
    so; the thread tries again, ever less often, and whatever is left at the end waits in the
    journals for `seqarena sync`.
    """

    def __init__(self, location: StoreLocation, interval: float | int = 1.0) -> None:
        """Start the thread.

        Args:
            location: The tracking store.
            interval: Pause between two looks at the journals [seconds].
        """
        self._location = location
        self._interval = interval
        self._journals: list[Path] = []
        self._closing = threading.Event()
        self._abandoned = False
        self._warned = False
        self._thread = threading.Thread(target=self._run, name="shipper", daemon=True)
        self._thread.start()

    def follow(self, journal: Path) -> None:
        """Ship a journal, which need not exist yet, until its end."""
        self._journals.append(journal)

    def close(self, timeout: float | int = 10.0) -> bool:
        """Ship what is left, as far as that goes in time; return whether everything is stored.

        It never raises, and never waits longer than `timeout` [seconds].
        """
        self._closing.set()
        self._thread.join(timeout)
        self._abandoned = True
        if self._journals:
            self._warn("not everything could be sent in time")
        return not self._journals

    def __enter__(self) -> "Shipper":
        """Return the shipper itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close with the usual patience."""
        self.close()

    def _run(self) -> None:
        """Look at the journals until closed, and once more after that."""
        pause, is_closing = 0.0, False
        with client_environment(LIVE):
            sender = _Sender(self._location)
            while not is_closing and not self._abandoned:
                is_closing = self._closing.wait(pause)
                try:
                    self._pass(sender)
                    pause = self._interval
                except Exception as error:
                    self._warn(f"{type(error).__name__}: {error}")
                    pause = min(max(2 * pause, self._interval), _LONGEST_PAUSE)

    def _pass(self, sender: "_Sender") -> None:
        """Send what is new of every journal; the first that fails goes to the end of the queue."""
        sender.open()
        for journal in list(self._journals):
            if self._abandoned:
                return
            try:
                is_done = sender.send(journal)
            except Exception:  # MLflow and the network raise anything; `_run` warns and tries again
                self._journals.append(self._journals.pop(self._journals.index(journal)))
                raise
            if is_done:
                self._journals.remove(journal)

    def _warn(self, reason: str) -> None:
        """Say once that MLflow lags behind."""
        if not self._warned:
            self._warned = True
            _logger.warning(
                "MLflow at %s does not take this run now (%s). Training goes on and its journals "
                "keep everything; `seqarena sync` sends the rest later.",
                self._location,
                redact(reason),
            )


class _Sender:
    """What the thread holds: the open store, and how far each journal is in it."""

    def __init__(self, location: StoreLocation) -> None:
        self._location = location
        self._store: Store | None = None
        self._replays: dict[Path, Replay] = {}

    def open(self) -> Store:
        """Return the store, opened at the first call that succeeds."""
        self._store = self._store or Store(self._location)
        return self._store

    def send(self, journal: Path) -> bool:
        """Send what is new; return whether the journal's end is stored."""
        if not journal.exists():
            return False
        replay = self._replays.pop(journal, None) or Replay(journal, self.open())
        is_done = replay.step()
        if is_done:
            for note in replay.notes:
                _logger.warning("%s", redact(note))
        # Kept only after success: after a failure the run is looked up anew.
        self._replays[journal] = replay
        return is_done
