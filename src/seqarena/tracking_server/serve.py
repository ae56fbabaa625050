"""The server as one program: everything starts in order, and ends in order."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import NoReturn

from seqarena.tracking_server.account import database_account
from seqarena.tracking_server.database import make_databases, note_schema, upgrade_schema
from seqarena.tracking_server.health import accepts, refuse_taken_port, wait_until_healthy
from seqarena.tracking_server.places import Places
from seqarena.tracking_server.postgres import make_cluster, start_cluster
from seqarena.tracking_server.program import start_mlflow
from seqarena.tracking_server.secret_files import (
    ADMIN,
    PASSWORD_VARIABLE,
    admin_password,
    password_file,
)
from seqarena.tracking_server.settings import ServerSettings

_PAUSE = 0.5
"""Between two looks at the programs [seconds]."""


def serve(settings: ServerSettings, say: Callable[[str], None]) -> NoReturn:
    """Run the server until SIGTERM or Control-C, which raise SystemExit(0) when all has ended.

    Args:
        settings: Of the server.
        say: Told in a line or two where it is, once it answers.

    Raises:
        ConfigError: the settings are refused, or something is not installed.
        SeqarenaError: a program ended by itself, or does not answer.
    """
    settings.check()
    account = database_account(settings.account)
    places = Places(settings.data)
    with _ending_on_signals(), ExitStack() as stack:
        places.make(account)
        stack.enter_context(places.alone())
        refuse_taken_port(settings)
        password = _password(settings, places)
        make_cluster(places, account)
        cluster = start_cluster(places, account)
        stack.callback(cluster.stop)
        make_databases(places, cluster)
        upgrade_schema(places)
        mlflow = start_mlflow(settings, places, password)
        stack.callback(mlflow.stop)

        def refuse_death() -> None:
            cluster.refuse_death()
            mlflow.refuse_death()

        wait_until_healthy(settings, refuse_death)
        note_schema(places)
        for line in _greeting(settings, places, password):
            say(line)
        while True:
            refuse_death()
            time.sleep(_PAUSE)


def _password(settings: ServerSettings, places: Places) -> str | None:
    if not settings.has_authentication:
        return None
    return admin_password(places.secrets, is_new=not places.schema.exists())


def _greeting(settings: ServerSettings, places: Places, password: str | None) -> list[str]:
    """Return where the server is and where its password lies, never the password."""
    lines = [f"MLflow is on {settings.url}; {places.root} holds everything."]
    if not settings.has_authentication:
        return [*lines, "Every user of this machine may change every run."]
    if not settings.is_local:
        lines.append("Passwords travel as they are: put a proxy with TLS before it.")
    return [*lines, f"Sign in as {ADMIN}; {_where_the_password_is(settings, places, password)}."]


def _where_the_password_is(settings: ServerSettings, places: Places, password: str | None) -> str:
    if password is None:
        return f"the password is what {PASSWORD_VARIABLE} was at the first start"
    is_given = PASSWORD_VARIABLE in os.environ
    source = PASSWORD_VARIABLE if is_given else str(password_file(places.secrets))
    if accepts(settings, password):
        return f"the password is in {source}"
    return f"the password was set elsewhere: it is not the one in {source}"


@contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn SIGTERM and Control-C into SystemExit, once: what ends meanwhile is not disturbed."""
    watched = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

    def leave(*_: object) -> NoReturn:
        for each in watched:
            signal.signal(each, signal.SIG_IGN)
        raise SystemExit(0)

    before = {each: signal.signal(each, leave) for each in watched}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
