"""The folder that a server keeps everything in."""

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.tracking_server.account import Account, identity_of


@dataclass(frozen=True)
class Places:
    """The folders below a server's own, each for its owner alone."""

    root: Path

    @property
    def database(self) -> Path:
        """Folder of all that the database's account owns."""
        return self.root / "postgres"

    @property
    def cluster(self) -> Path:
        """Folder that `initdb` makes."""
        return self.database / "data"

    @property
    def socket(self) -> Path:
        """Folder of the socket, which is the one way into the database."""
        return self.database / "socket"

    @property
    def secrets(self) -> Path:
        """Folder of the passwords."""
        return self.root / "secrets"

    @property
    def artifacts(self) -> Path:
        """Folder of artifacts, where no other place is said."""
        return self.root / "artifacts"

    @property
    def logs(self) -> Path:
        """Folder of what both programs say."""
        return self.root / "logs"

    @property
    def backups(self) -> Path:
        """Folder of copies from before a schema was changed."""
        return self.root / "backups"

    @property
    def temporary(self) -> Path:
        """Folder of temporary files: in /tmp, everybody can guess their names."""
        return self.root / "tmp"

    @property
    def schema(self) -> Path:
        """File with the version of MLflow whose schema the database has."""
        return self.root / "mlflow-version"

    def make(self, account: Account) -> None:
        """Make the folders.

        Args:
            account: Whom the database runs as.

        Raises:
            ConfigError: the folder cannot be made, or the account cannot enter it.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            for folder in (self.secrets, self.artifacts, self.logs, self.backups, self.temporary):
                folder.mkdir(mode=0o700, exist_ok=True)
            for folder in (self.database, self.socket):
                folder.mkdir(mode=0o700, exist_ok=True)
                os.chown(folder, account.uid, account.gid)
        except OSError as error:
            raise ConfigError(
                [f"{self.root}: cannot be made a server's folder: {error}; choose another one."]
            ) from error
        command = ["test", "-w", str(self.database)]
        if subprocess.run(command, check=False, cwd="/", **identity_of(account)).returncode:
            raise ConfigError(
                [
                    f"{self.root}: the account {account.name!r}, whom the database runs as, cannot "
                    "enter it; choose a folder whose parents let everybody pass, such as "
                    "/var/lib/seqarena."
                ]
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the folder's lock: it has one server at a time.

        Raises:
            SeqarenaError: another server holds it.
        """
        with (self.root / "lock").open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                raise SeqarenaError(
                    f"{self.root}: a server runs on it already (process {lock.read()}); end that "
                    "one, or choose another folder."
                ) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield
