"""Secrets that a server makes for itself, in files that only its owner can read."""

import os
import secrets
from pathlib import Path

from seqarena.errors import ConfigError

ADMIN = "admin"
PASSWORD_VARIABLE = "SEQARENA_SERVER_PASSWORD"
_SHORTEST_PASSWORD = 12


def kept_secret(path: Path) -> str:
    """Return what the file holds; a new one is drawn and kept where there is none."""
    if not path.exists():
        unfinished = path.with_name(f"{path.name}-new")
        unfinished.unlink(missing_ok=True)
        with os.fdopen(
            os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w"
        ) as new:
            new.write(f"{secrets.token_urlsafe(24)}\n")
        unfinished.replace(path)
    path.chmod(0o600)
    return path.read_text().strip()


def password_file(folder: Path) -> Path:
    """Return where the administrator's password is kept, if nobody gave one."""
    return folder / "admin-password"


def admin_password(folder: Path, *, is_new: bool) -> str | None:
    """Return the administrator's password: of the environment, or kept in a file.

    Args:
        folder: Of the secrets.
        is_new: Whether the server has no accounts yet.

    Returns:
        None for an old server whose password was given once and never kept.

    Raises:
        ConfigError: the environment's is too short for MLflow.
    """
    given = os.environ.get(PASSWORD_VARIABLE)
    if given is None:
        file = password_file(folder)
        return kept_secret(file) if is_new or file.exists() else None
    if len(given) < _SHORTEST_PASSWORD:
        raise ConfigError(
            [
                f"{PASSWORD_VARIABLE}: has {len(given)} characters; MLflow takes passwords of at "
                f"least {_SHORTEST_PASSWORD}."
            ]
        )
    return given
