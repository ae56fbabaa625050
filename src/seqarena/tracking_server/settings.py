"""What a server is told when it starts, and what it refuses."""

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seqarena.errors import ConfigError

Permission = Literal["NO_PERMISSIONS", "READ", "EDIT", "MANAGE"]
DATABASE_PORT = 5432
"""Only part of a socket's name: no port is opened for the database."""
_LONGEST_SOCKET = 103
_WITH_CREDENTIALS = re.compile(r"://[^/]*@")


@dataclass(frozen=True)
class ServerSettings:
    """One server: where it keeps everything, and who may reach it."""

    data: Path
    """Folder of the database, the artifacts, the secrets and the logs."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = 5000
    artifacts: str | None = None
    """Where artifacts are kept, such as s3://bucket/folder; None: below `data`."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which clients on other machines call this one."""
    permission: Permission = "EDIT"
    """What every account may do with runs that are not its own."""
    has_authentication: bool = True
    account: str = "postgres"
    """Whom the database runs as, where the server is started by root."""

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The address by which this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def accepted_hosts(self) -> list[str]:
        """Every Host header that is answered: of a page that was rebound to us, none is."""
        names = dict.fromkeys(("localhost", "127.0.0.1", "[::1]", *self.allowed_hosts))
        return [each for name in names for each in (name, f"{name}:{self.port}")]

    @property
    def artifacts_uri(self) -> str:
        """Where artifacts are kept, as an address."""
        if self.artifacts and "://" in self.artifacts:
            return self.artifacts
        return Path(self.artifacts or self.data / "artifacts").resolve().as_uri()

    @property
    def socket(self) -> Path:
        """Folder of the socket, which is the one way into the database."""
        return self.data / "postgres" / "socket"

    def check(self) -> None:
        """Refuse what would be open to strangers, or could not work.

        Raises:
            ConfigError: every reason.
        """
        mistakes = [*self._exposures(), *self._impossibilities()]
        if mistakes:
            raise ConfigError(mistakes)

    def _exposures(self) -> list[str]:
        mistakes = []
        if not self.is_local and not self.has_authentication:
            mistakes.append(
                f"--host {self.host} with --no-authentication: whoever reaches this machine could "
                "read, change and delete every run; keep authentication, or --host 127.0.0.1."
            )
        if self.artifacts and _WITH_CREDENTIALS.search(self.artifacts):
            mistakes.append(
                "--artifacts: holds credentials, which every user of this machine could see in the "
                "list of processes; give them by the environment."
            )
        if "*" in "".join(self.allowed_hosts):
            mistakes.append(
                "--allow-host: a * lets any web page that is rebound to this machine use it; name "
                "each host."
            )
        return mistakes

    def _impossibilities(self) -> list[str]:
        mistakes = []
        if not self.is_local and not self.allowed_hosts:
            mistakes.append(
                f"--host {self.host}: no other machine would be answered; say by which names they "
                "call this one, such as --allow-host mlflow.example.org."
            )
        n_bytes = len(bytes(self.socket / f".s.PGSQL.{DATABASE_PORT}"))
        if n_bytes > _LONGEST_SOCKET:
            mistakes.append(
                f"{self.data}: the database's socket there would have a path of {n_bytes} bytes, "
                f"and a system takes {_LONGEST_SOCKET}; choose a folder with a shorter path."
            )
        return mistakes
