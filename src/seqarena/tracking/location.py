"""Where the tracking store is, and how to speak of it without telling its passwords."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

SQLITE = "sqlite:///"
ARTIFACTS_VARIABLE = "SEQARENA_ARTIFACTS"
"""Where the files of runs go if no server keeps them, such as s3://bucket/folder."""
_SECRET_VARIABLES = (
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)


@dataclass(frozen=True)
class StoreLocation:
    """A tracking store and where its files lie."""

    tracking_uri: str
    artifact_root: str | None
    """Folder of all artifacts, as a URI; None: the tracking server decides."""

    @property
    def database(self) -> Path | None:
        """The file of an SQLite store; None for every other store."""
        if not self.tracking_uri.startswith(SQLITE):
            return None
        return Path(self.tracking_uri.removeprefix(SQLITE))

    def __str__(self) -> str:
        """Return the address without credentials."""
        return redact(self.tracking_uri)


def locate_store(home: Path, environment: Mapping[str, str] = os.environ) -> StoreLocation:
    """Return the store that MLFLOW_TRACKING_URI names, or SQLite and a folder below `home`.

    Files go into a folder beside the store, or where SEQARENA_ARTIFACTS says; a tracking server
    keeps them itself.

    Args:
        home: Folder of the store, where nothing else is said; the paths are absolute.
        environment: Environment variables.
    """
    home = home.resolve()
    uri = environment.get("MLFLOW_TRACKING_URI") or f"{SQLITE}{home / 'mlflow.db'}"
    if uri.startswith(("http://", "https://")):
        return StoreLocation(uri, None)
    files = (environment.get(ARTIFACTS_VARIABLE) or "").rstrip("/")
    if not uri.startswith(SQLITE):
        return StoreLocation(uri, files or (home / "mlartifacts").as_uri())
    database = home / uri.removeprefix(SQLITE)
    beside = (database.parent / "mlartifacts").as_uri()
    return StoreLocation(f"{SQLITE}{database}", files or beside)


def redact(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Return the text with credentials in URLs, and the client's own, replaced by ***."""
    for name in _SECRET_VARIABLES:
        if secret := environment.get(name):
            text = text.replace(secret, "***")
    text = re.sub(r"://[^\s'\"]*@", "://***@", text)
    return re.sub(r"(?i)\b(password|passwd|token|secret|sig\w*)=[^&\s'\"]+", r"\1=***", text)
