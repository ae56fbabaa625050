"""The databases in the cluster: made once, and brought up to date once for a newer MLflow."""

import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.tracking_server.account import caller
from seqarena.tracking_server.child import Child
from seqarena.tracking_server.places import Places
from seqarena.tracking_server.postgres import OWNER, USER, find_programs, run_quietly

if TYPE_CHECKING:
    from psycopg import Connection

RUNS, ACCOUNTS = "mlflow", "mlflow_accounts"
"""Databases of runs and models, and of who may do what with them."""
_PATIENCE = 120.0
"""After a crash a database repeats what its log holds before it answers [seconds]."""


def address_of(places: Places, database: str) -> str:
    """Return the address for SQLAlchemy: without a password, for the socket knows its caller."""
    folder = quote_plus(str(places.socket), safe="/")
    return f"postgresql+psycopg://{USER}@/{database}?host={folder}"


def make_databases(places: Places, cluster: Child) -> None:
    """Wait until the cluster answers, and make what it lacks.

    Raises:
        ConfigError: psycopg is not installed.
        SeqarenaError: the cluster ended, or does not answer.
    """
    with _connect(places, cluster) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [USER]).rowcount:
            connection.execute(f"CREATE ROLE {USER} LOGIN")
        for name in (RUNS, ACCOUNTS):
            known = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            if not known.rowcount:
                connection.execute(f"CREATE DATABASE {name} OWNER {USER}")


def _connect(places: Places, cluster: Child) -> "Connection":
    try:
        import psycopg
    except ImportError as error:
        raise ConfigError(
            [
                "psycopg is not installed, by which MLflow reaches PostgreSQL: install "
                "seqarena[server]."
            ]
        ) from error
    end = time.monotonic() + _PATIENCE
    while True:
        cluster.refuse_death()
        try:
            return psycopg.connect(
                host=str(places.socket), dbname="postgres", user=OWNER, autocommit=True
            )
        except psycopg.OperationalError as error:
            if time.monotonic() > end:
                raise SeqarenaError(
                    f"PostgreSQL does not answer after {_PATIENCE:.0f} s: {error}"
                ) from error
        time.sleep(0.1)


def upgrade_schema(places: Places) -> None:
    """Bring an old schema up to date, after a copy of everything; a new database has none yet.

    Raises:
        SeqarenaError: the copy or MLflow's own command fails.
    """
    if not places.schema.exists() or places.schema.read_text() == version("mlflow"):
        return
    programs = find_programs((places.cluster / "PG_VERSION").read_text().strip())
    for name in (RUNS, ACCOUNTS):
        copy = places.backups / f"{name}-of-mlflow-{places.schema.read_text()}.dump"
        command = [str(programs / "pg_dump"), "--host", str(places.socket), "--username", OWNER]
        run_quietly([*command, "--format", "custom", "--file", str(copy), name], caller())
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", address_of(places, RUNS)]
    run_quietly(command, caller())


def note_schema(places: Places) -> None:
    """Note that the schema is that of the MLflow which is installed."""
    places.schema.write_text(version("mlflow"))
