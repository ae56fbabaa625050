"""One notification on its way: to the standard input of a command, or to an address by HTTP."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from seqarena.errors import SeqarenaError
from seqarena.retraining.schedule.hidden_variables import environment_without, secrets_of
from seqarena.retraining.schedule.settings import NotifyConfig

_MAX_WAIT = 60.0
_PASSING = (408, 425, 429)
"""Codes below 500 that say: later."""


class DeliveryError(SeqarenaError):
    """Nobody could be told; `attempts` says how often it was tried."""

    def __init__(self, why: str, attempts: int) -> None:
        self.attempts = attempts
        super().__init__(why)


class _Refused(Exception):  # noqa: N818 - it never leaves this module
    """An attempt failed; `is_final`: another would fail as well."""

    def __init__(self, why: str, *, is_final: bool = False) -> None:
        self.is_final = is_final
        super().__init__(why)


def tell_command(config: NotifyConfig, folder: Path, content: dict[str, object]) -> int:
    """Give the content, as JSON, to the command; return after how many attempts it took it.

    Raises:
        DeliveryError: it failed every time, or cannot be started.
    """
    return _repeated(config, lambda: _run(config, folder, content))


def post(config: NotifyConfig, content: dict[str, object]) -> int:
    """POST the content, as JSON, to the address; return after how many attempts it was taken.

    Raises:
        DeliveryError: the server refused it, or could not be reached.
    """
    return _repeated(config, lambda: _post(config, content))


def _repeated(config: NotifyConfig, attempt: Callable[[], None]) -> int:
    """Try until it works, with pauses that double."""
    for number in range(1, config.attempts + 1):
        try:
            attempt()
            return number
        except _Refused as error:
            if error.is_final or number == config.attempts:
                raise DeliveryError(str(error), number) from None
        time.sleep(min(config.wait_seconds * 2 ** (number - 1), _MAX_WAIT))
    raise DeliveryError("it was never tried.", 0)


def _run(config: NotifyConfig, folder: Path, content: dict[str, object]) -> None:
    try:
        done = subprocess.run(
            list(config.command or ()),
            input=json.dumps(content).encode(),
            cwd=folder,
            env=environment_without(secrets_of(config)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=config.timeout_seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise _Refused(f"no answer within {config.timeout_seconds:g} seconds") from None
    except OSError as error:
        raise _Refused(f"could not be started: {error.strerror}", is_final=True) from None
    if done.returncode != 0:
        raise _Refused(f"exit code {done.returncode}")


def _post(config: NotifyConfig, content: dict[str, object]) -> None:
    import requests

    if config.webhook is None:
        raise _Refused("there is no webhook", is_final=True)
    headers = {}
    if config.webhook.token_variable:
        headers["Authorization"] = f"Bearer {os.environ.get(config.webhook.token_variable, '')}"
    try:
        with requests.post(
            os.environ.get(config.webhook.url_variable, ""),
            json=content,
            headers=headers,
            timeout=config.timeout_seconds,
            # The address is a secret: it is not to be sent on to wherever a server points.
            allow_redirects=False,
            # What it answers beside the code is not read.
            stream=True,
        ) as answer:
            code = answer.status_code
    # Only the kind of the error is told: its text may hold the address.
    except requests.RequestException as error:
        raise _Refused(f"not reached: {type(error).__name__}") from None
    if not 200 <= code < 300:
        raise _Refused(f"answered {code}", is_final=code not in _PASSING and code < 500)
