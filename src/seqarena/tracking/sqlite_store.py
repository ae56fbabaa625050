"""One process at a time creates or upgrades an SQLite store.

Four processes that open a fresh store at once crash inside MLflow's migrations and leave it broken;
so does one that is killed there.
"""

import fcntl
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

_OUTDATED = "out-of-date database schema"


@contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Hold the store's lock file, against other processes and other threads."""
    database.parent.mkdir(parents=True, exist_ok=True)
    with database.with_name(f"{database.name}-lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_prepared(database: Path, open_store: Callable[[Path], None]) -> None:
    """Call `open_store` on the file; it creates missing tables, where no other process can do so.

    A new store is made under another name and gets its own when it is whole. An outdated schema is
    upgraded after the file was copied to "<name>-backup".
    """
    with exclusive(database):
        if not database.exists():
            _create(database, open_store)
        try:
            open_store(database)
        except Exception as error:
            if _OUTDATED not in str(error):
                raise
            _upgrade(database)
            open_store(database)
        with closing(sqlite3.connect(database, timeout=20)) as connection:
            _let_readers_pass(connection)


def _create(database: Path, open_store: Callable[[Path], None]) -> None:
    unfinished = database.with_name(f"{database.name}-new")
    for leftover in database.parent.glob(f"{unfinished.name}*"):
        leftover.unlink()
    open_store(unfinished)
    unfinished.replace(database)


def _let_readers_pass(connection: sqlite3.Connection) -> None:
    """Turn on the write-ahead log, with which readers and the writer do not block each other.

    The file remembers it. Where that fails (a network folder, a busy old store) the old mode stays:
    slower, and as safe.
    """
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode=WAL")


def _upgrade(database: Path) -> None:
    """Bring the schema up to date with MLflow's own command."""
    shutil.copy2(database, database.with_name(f"{database.name}-backup"))
    command = [sys.executable, "-m", "mlflow", "db", "upgrade", f"sqlite:///{database}"]
    subprocess.run(command, check=True, capture_output=True)
