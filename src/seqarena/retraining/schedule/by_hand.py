"""A run that something else than our scheduler starts: cron, a timer, a person."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from seqarena.retraining.schedule.events import RunEnded
from seqarena.retraining.schedule.foreground import StopRequest
from seqarena.retraining.schedule.hidden_variables import refuse_missing_secrets
from seqarena.retraining.schedule.journal import ScheduleJournal
from seqarena.retraining.schedule.notifier import Notifier
from seqarena.retraining.schedule.places import Places
from seqarena.retraining.schedule.reaping import close_dead_runs
from seqarena.retraining.schedule.runner import Runner
from seqarena.retraining.schedule.settings import ScheduleConfig

_NOTIFY_SECONDS = 60.0
_LOOK_SECONDS = 0.05


def run_now(config: ScheduleConfig, places: Places, task: str, tick: datetime) -> RunEnded | None:
    """Run a task, claimed, alone, recorded and told; None: the tick was taken, or it is running.

    A signal ends the command, which is then recorded as abandoned.

    Raises:
        ConfigError: the environment lacks what a notification needs.
        OSError: the tick cannot be recorded.
    """
    refuse_missing_secrets(config.notify)
    notifier = Notifier(config.notify, places.root, ScheduleJournal(places.journal))
    runner = Runner(config, places, notifier)
    close_dead_runs(places, runner)
    request = StopRequest()
    try:
        with request.by_signals(), ThreadPoolExecutor(1) as thread:
            running = thread.submit(runner.run, task, tick, "command")
            while not running.done():
                if request.asked.wait(_LOOK_SECONDS):
                    runner.end_all(request.why)
                    time.sleep(_LOOK_SECONDS)
            return running.result()
    finally:
        notifier.finish(_NOTIFY_SECONDS)
