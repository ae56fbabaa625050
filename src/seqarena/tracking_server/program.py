"""How MLflow is started: one worker, no jobs, every file through the server."""

import os
import signal
import sys
from collections.abc import Mapping
from configparser import ConfigParser

from seqarena.tracking_server.child import Child
from seqarena.tracking_server.database import ACCOUNTS, RUNS, address_of
from seqarena.tracking_server.places import Places
from seqarena.tracking_server.secret_files import ADMIN, PASSWORD_VARIABLE, kept_secret
from seqarena.tracking_server.settings import ServerSettings

_FAREWELLS = {signal.SIGTERM: 3.0}
_QUIET = {
    # The job runner takes 2 GB for nothing that is shown.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
}
_KEPT = ("MLFLOW_S3_", "MLFLOW_BOTO_", "MLFLOW_SQLALCHEMYSTORE_", "MLFLOW_LOGGING_LEVEL")
"""Beginnings of those of MLflow's variables that the caller decides on."""
_DROPPED = ("MLFLOW_", "_MLFLOW_", PASSWORD_VARIABLE)
"""All others: some speak of a client's server, and one turns the check of hosts off."""


def start_mlflow(settings: ServerSettings, places: Places, password: str | None) -> Child:
    """Start MLflow's server, which creates its tables where there are none.

    Args:
        settings: Of the server.
        places: Its folders.
        password: The administrator's, which MLflow takes when it makes the accounts.
    """
    environment = mlflow_environment(settings, places, password)
    command, log = mlflow_command(settings, places), places.logs / "mlflow.log"
    return Child("MLflow", command, log, _FAREWELLS, environment=environment)


def mlflow_command(settings: ServerSettings, places: Places) -> list[str]:
    """Return the command; every user of the machine can see it, so it holds no secret."""
    command = [sys.executable, "-m", "mlflow", "server", "--workers", "1"]
    command += ["--host", settings.host, "--port", str(settings.port)]
    command += ["--backend-store-uri", address_of(places, RUNS)]
    command += ["--artifacts-destination", settings.artifacts_uri]
    command += ["--allowed-hosts", ",".join(settings.accepted_hosts)]
    command += ["--uvicorn-opts", "--no-access-log --timeout-graceful-shutdown 2"]
    return [*command, "--app-name", "basic-auth"] if settings.has_authentication else command


def mlflow_environment(
    settings: ServerSettings, places: Places, password: str | None
) -> dict[str, str]:
    """Return the variables: the caller's, but those of MLflow that the settings decide on."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(_KEPT) or not name.startswith(_DROPPED)
    }
    environment |= {**_QUIET, "TMPDIR": str(places.temporary)}
    if settings.has_authentication:
        environment |= _authentication(settings, places, password)
    return environment


def _authentication(
    settings: ServerSettings, places: Places, password: str | None
) -> Mapping[str, str]:
    """Write MLflow's file about accounts, and return the variables that go with it."""
    config = ConfigParser(interpolation=None)
    config["mlflow"] = {
        "default_permission": settings.permission,
        # MLflow reads the file with interpolation, to which a % must be two.
        "database_uri": address_of(places, ACCOUNTS).replace("%", "%%"),
        "admin_username": ADMIN,
        # One comparison of a password takes a good part of a second, by design. The one worker
        # forgets it at once when a password or an account is changed through it.
        "auth_cache_ttl_seconds": "300",
    }
    file = places.secrets / "accounts.ini"
    with file.open("w") as opened:
        config.write(opened)
    variables = {
        "MLFLOW_AUTH_CONFIG_PATH": str(file),
        "MLFLOW_FLASK_SERVER_SECRET_KEY": kept_secret(places.secrets / "form-key"),
    }
    return variables if password is None else {**variables, "MLFLOW_AUTH_ADMIN_PASSWORD": password}
