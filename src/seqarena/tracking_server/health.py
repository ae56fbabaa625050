"""Whether the server answers, and whether it asks who one is."""

import base64
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.tracking_server.secret_files import ADMIN
from seqarena.tracking_server.settings import ServerSettings

_PATIENCE = 600.0
"""Making the tables takes MLflow seconds, and minutes on a busy machine [seconds]."""
_ACCOUNT = "/api/2.0/mlflow/users/current"


def refuse_taken_port(settings: ServerSettings) -> None:
    """Do nothing if the port is free.

    Raises:
        ConfigError: it cannot be listened on.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with socket.socket(family) as probe:
            # As uvicorn does: connections of a server that just ended do not count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((settings.host, settings.port))
    except OSError as error:
        raise ConfigError(
            [
                f"{settings.host}:{settings.port} cannot be listened on ({error}); choose another "
                "--port."
            ]
        ) from error


def wait_until_healthy(settings: ServerSettings, refuse_death: Callable[[], None]) -> None:
    """Wait until MLflow answers, and see that it turns away who says no password.

    Args:
        settings: Of the server.
        refuse_death: Raises when a program has ended.

    Raises:
        SeqarenaError: a program ended, MLflow does not answer, or it lets strangers in.
    """
    end = time.monotonic() + _PATIENCE
    while _status(f"{settings.url}/health") != 200:
        refuse_death()
        if time.monotonic() > end:
            raise SeqarenaError(
                f"MLflow does not answer on {settings.url} after {_PATIENCE:.0f} s."
            )
        time.sleep(0.2)
    if settings.has_authentication and (code := _status(settings.url + _ACCOUNT)) != 401:
        raise SeqarenaError(
            f"MLflow answers {code} where it should ask for a password; it was ended again."
        )


def accepts(settings: ServerSettings, password: str) -> bool:
    """Say whether the administrator's password is this one."""
    return _status(settings.url + _ACCOUNT, password) == 200


def _status(url: str, password: str | None = None) -> int | None:
    """Return the status of an answer; None where there is none."""
    request = urllib.request.Request(url)
    if password is not None:
        token = base64.b64encode(f"{ADMIN}:{password}".encode()).decode()
        request.add_header("Authorization", f"Basic {token}")
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None
