"""A PostgreSQL cluster of the server's own: made once, reached by a socket alone."""

import shutil
import signal
import subprocess
from pathlib import Path

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.tracking_server.account import Account, caller, identity_of
from seqarena.tracking_server.child import Child
from seqarena.tracking_server.places import Places
from seqarena.tracking_server.settings import DATABASE_PORT

OWNER, USER = "seqarena", "mlflow"
"""Roles in the cluster: who makes databases, and who works in them."""
_DEBIAN = Path("/usr/lib/postgresql")
_PROGRAMS = ("initdb", "postgres", "pg_dump")
_FAREWELLS = {signal.SIGINT: 3.0, signal.SIGQUIT: 1.5}
"""A fast shutdown, then an immediate one, from which the next start recovers."""


def find_programs(version: str | None = None) -> Path:
    """Return the folder of PostgreSQL's programs: the PATH's, or the newest of Debian's.

    Args:
        version: Major version that made the cluster; None: any.

    Raises:
        ConfigError: there is none.
    """
    on_path = shutil.which("initdb")
    debian = sorted(_DEBIAN.glob("[0-9]*/bin"), key=lambda each: -float(each.parent.name))
    folders = [*([Path(on_path).resolve().parent] if on_path else []), *debian]
    found = [each for each in folders if all((each / name).exists() for name in _PROGRAMS)]
    for folder in found:
        if version is None or version == _version_of(folder):
            return folder
    wanted = "PostgreSQL" if version is None else f"PostgreSQL {version}, which made the database,"
    package = "postgresql" if version is None else f"postgresql-{version}"
    raise ConfigError(
        [
            f"{wanted} is not on this machine: looked on the PATH and in {_DEBIAN}, found "
            f"{', '.join(map(str, found)) or 'none'}; install Debian's package {package}."
        ]
    )


def make_cluster(places: Places, account: Account) -> None:
    """Make the cluster where there is none; one that was half made is begun anew.

    Raises:
        ConfigError: PostgreSQL is not installed.
        SeqarenaError: `initdb` fails.
    """
    if places.cluster.exists():
        return
    unfinished = places.database / "unfinished"
    shutil.rmtree(unfinished, ignore_errors=True)
    command = [str(find_programs() / "initdb"), "--pgdata", str(unfinished), "--username", OWNER]
    # Sorted by bytes, texts stand in the same order on every machine: no other library breaks it.
    command += ["--encoding", "UTF8", "--no-locale", "--data-checksums"]
    command += ["--auth-local", "peer", "--auth-host", "reject"]
    run_quietly(command, account)
    (unfinished / "pg_hba.conf").write_text("local all all peer map=server\n")
    names = sorted({account.name, caller().name})
    lines = [f'server "{name}" {role}\n' for name in names for role in (OWNER, USER)]
    (unfinished / "pg_ident.conf").write_text("".join(lines))
    unfinished.replace(places.cluster)


def start_cluster(places: Places, account: Account) -> Child:
    """Start the database.

    Raises:
        ConfigError: the version that made the cluster is not installed.
    """
    version = (places.cluster / "PG_VERSION").read_text().strip()
    command = [str(find_programs(version) / "postgres"), "-D", str(places.cluster)]
    command += ["-p", str(DATABASE_PORT), "-c", "listen_addresses="]
    command += ["-c", f"unix_socket_directories={places.socket}"]
    command += ["-c", "unix_socket_permissions=0700"]
    log = places.logs / "postgres.log"
    return Child("PostgreSQL", command, log, _FAREWELLS, account=account)


def run_quietly(command: list[str], account: Account) -> None:
    """Run a program to its end.

    Raises:
        SeqarenaError: it fails; the message holds what it said.
    """
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd="/", **identity_of(account)
    )
    if done.returncode:
        raise SeqarenaError(
            f"{Path(command[0]).name} failed (code {done.returncode}):\n{done.stderr.strip()}"
        )


def _version_of(folder: Path) -> str:
    """Return the major version: of "postgres (PostgreSQL) 15.14 (Debian …)" it is 15."""
    command = [str(folder / "postgres"), "--version"]
    words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return words[2].split(".")[0]
