"""Which version serves, asked in milliseconds: importing MLflow alone takes seconds."""

import json
import os
from contextlib import closing

from seqarena.errors import SeqarenaError
from seqarena.tracking.location import StoreLocation, redact

_TIMEOUT_SECONDS = 5.0
_ALIAS = "champion"


class CannotTellError(SeqarenaError):
    """The registry cannot be asked this way, or does not answer."""


def serving_version(location: StoreLocation, model: str) -> str | None:
    """Return the version that the alias `champion` names; None: none does.

    Raises:
        CannotTellError: it is neither SQLite nor PostgreSQL nor a server, or does not answer.
    """
    if location.database is not None:
        return _in_database(location, model)
    if location.tracking_uri.startswith(("http://", "https://")):
        return _at_server(location, model)
    if location.tracking_uri.startswith("postgresql"):
        return _in_postgresql(location, model)
    raise CannotTellError(f"{location}: is asked through MLflow alone.")


def _in_database(location: StoreLocation, model: str) -> str | None:
    import sqlite3

    database = location.database
    if database is None or not database.exists():
        return None
    query = "SELECT version FROM registered_model_aliases WHERE name = ? AND alias = ?"
    try:
        uri = f"{database.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True, timeout=_TIMEOUT_SECONDS)) as connection:
            found = connection.execute(query, (model, _ALIAS)).fetchone()
    except sqlite3.Error as error:
        raise CannotTellError(f"{database}: {error}.") from None
    return None if found is None else str(found[0])


def _in_postgresql(location: StoreLocation, model: str) -> str | None:
    try:
        import psycopg
    except ImportError:
        raise CannotTellError(f"{location}: psycopg is not installed.") from None
    # SQLAlchemy names its driver before the colon; the rest is libpq's own.
    address = "postgresql:" + location.tracking_uri.partition(":")[2]
    query = "SELECT version FROM registered_model_aliases WHERE name = %s AND alias = %s"
    try:
        with psycopg.connect(address, connect_timeout=int(_TIMEOUT_SECONDS)) as connection:
            found = connection.execute(query, (model, _ALIAS)).fetchone()
    except psycopg.Error as error:
        raise CannotTellError(f"{location}: {redact(str(error))}.") from None
    return None if found is None else str(found[0])


def _at_server(location: StoreLocation, model: str) -> str | None:
    # With the encryption that it brings along it is the heaviest import of a look that finds
    # nothing, and most stores are a file.
    import urllib.error
    import urllib.parse
    import urllib.request

    query = urllib.parse.urlencode({"name": model, "alias": _ALIAS})
    root = location.tracking_uri.rstrip("/")
    request = urllib.request.Request(
        f"{root}/api/2.0/mlflow/registered-models/alias?{query}", headers=_credentials()
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
            return str(json.load(answer)["model_version"]["version"])
    except urllib.error.HTTPError as error:
        if error.code in (400, 404):
            return None
        raise CannotTellError(f"{location}: answered {error.code}.") from None
    except (OSError, ValueError, KeyError) as error:
        raise CannotTellError(f"{location}: {redact(str(error))}.") from None


def _credentials() -> dict[str, str]:
    """Return what MLflow's own client would send."""
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if token:
        return {"Authorization": f"Bearer {token}"}
    user = os.environ.get("MLFLOW_TRACKING_USERNAME")
    if not user:
        return {}
    password = os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    import base64

    told = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"Authorization": f"Basic {told}"}
