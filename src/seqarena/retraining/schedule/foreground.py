"""A scheduler in the foreground, from its lock to its last word."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import FrameType

from seqarena.retraining.lock import Lock
from seqarena.retraining.schedule.events import SchedulerStopped
from seqarena.retraining.schedule.scheduler import Scheduler

_NOTIFY_SECONDS = 30.0
_LOOK_SECONDS = 0.05


class StopRequest:
    """What SIGTERM and SIGINT ask for: the first to end, the second to end at once."""

    def __init__(self) -> None:
        self.why = ""
        self.asked = threading.Event()
        self.in_a_hurry = threading.Event()

    def ask(self, why: str) -> None:
        """Ask for the end; asked again, runs are not waited for."""
        if self.asked.is_set():
            self.in_a_hurry.set()
            return
        self.why = why
        self.asked.set()

    @contextlib.contextmanager
    def by_signals(self) -> Iterator[None]:
        """Let signals ask, inside; what they did before is put back."""

        def on_signal(number: int, _: FrameType | None) -> None:
            self.ask(f"told to stop by {signal.Signals(number).name}")

        numbers = (signal.SIGTERM, signal.SIGINT)
        before = {number: signal.signal(number, on_signal) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def watch(scheduler: Scheduler, request: StopRequest) -> None:
    """Watch until it is asked to stop; then let runs finish, or end them.

    Raises:
        HeldError: another scheduler watches this folder.
    """
    with Lock(scheduler.places.lock, "a scheduler"), request.by_signals():
        scheduler.begin()
        while not request.asked.wait(scheduler.config.heartbeat_seconds):
            scheduler.beat()
        finish(scheduler, request)
    # Once the lock is free, the page says that nobody watches.
    scheduler.show()


def finish(scheduler: Scheduler, request: StopRequest) -> None:
    """Begin nothing more, wait for what runs, and end it after the time of grace."""
    runner, config = scheduler.runner, scheduler.config
    scheduler.begin_nothing_more()
    if runner.going:
        scheduler.say(
            f"{request.why}: {', '.join(sorted(runner.going))} may go on for "
            f"{config.grace_seconds:g} seconds; ask again to end it at once."
        )
    _await_runs(scheduler, config.grace_seconds, request.in_a_hurry.is_set)
    abandoned = sorted(runner.going)
    cause = f"{request.why}, and did not end within {config.grace_seconds:g} seconds"
    if request.in_a_hurry.is_set():
        cause = f"{request.why}, twice"
    _await_runs(scheduler, config.kill_seconds + 5, lambda: runner.end_all(cause))
    _last_word(scheduler, request.why, abandoned)


def _await_runs(scheduler: Scheduler, seconds: float, is_over: Callable[[], bool | None]) -> None:
    deadline = time.monotonic() + seconds
    next_beat = time.monotonic() + scheduler.config.heartbeat_seconds
    while scheduler.runner.going and time.monotonic() < deadline and not is_over():
        time.sleep(_LOOK_SECONDS)
        if time.monotonic() > next_beat:
            next_beat += scheduler.config.heartbeat_seconds
            with contextlib.suppress(OSError):
                scheduler.sign_of_life()


def _last_word(scheduler: Scheduler, why: str, abandoned: list[str]) -> None:
    n_untold = scheduler.notifier.finish(_NOTIFY_SECONDS)
    if abandoned:
        why += f"; abandoned: {', '.join(abandoned)}"
    if n_untold:
        why += f"; notifications given up: {n_untold}"
    with contextlib.suppress(OSError):
        scheduler.runner.write_again()
    scheduler.tell(SchedulerStopped(time=datetime.now(UTC), why=why))
    scheduler.say(f"Stopped: {why}.")
