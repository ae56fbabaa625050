"""The environment in which MLflow's client works here: impatient, quiet, and telling nobody."""

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

_MANNERS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
LIVE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "5",
}
"""Beside a training: MLflow's own values hold a dead server's caller for minutes."""
PATIENT = {**LIVE, "MLFLOW_HTTP_REQUEST_TIMEOUT": "60"}
"""When somebody waits for the result and a large file may take its time."""
_CHATTY = ("urllib3.connectionpool", "mlflow.store.db.utils")


@contextmanager
def client_environment(patience: Mapping[str, str]) -> Iterator[None]:
    """Set MLflow's variables that the user has not set, and silence its loggers in this thread.

    What goes wrong reaches the caller as an exception; the loggers would say it again for each
    retry, with addresses that may hold credentials.
    """
    added = {k: v for k, v in {**_MANNERS, **patience}.items() if k not in os.environ}
    os.environ.update(added)
    with ExitStack() as stack:
        stack.callback(_forget, added)
        thread = threading.get_ident()
        for name in _CHATTY:
            stack.enter_context(_silenced(logging.getLogger(name), thread))
        yield


def _forget(names: Mapping[str, str]) -> None:
    for name in names:
        os.environ.pop(name, None)


@contextmanager
def _silenced(logger: logging.Logger, thread: int) -> Iterator[None]:
    """Drop what one thread tells this logger."""

    def is_of_others(record: logging.LogRecord) -> bool:
        return record.thread != thread

    logger.addFilter(is_of_others)
    try:
        yield
    finally:
        logger.removeFilter(is_of_others)
