"""The command `seqarena server`: MLflow on PostgreSQL, for several people and machines."""

from pathlib import Path
from typing import Any, get_args

import click

from seqarena.tracking_server.settings import Permission, ServerSettings


@click.command()
@click.argument("data", type=click.Path(file_okay=False, path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--allow-host",
    "allowed_hosts",
    multiple=True,
    help="A name by which other machines call this one; may be given again.",
)
@click.option("--artifacts", help="Where files go, such as s3://bucket/folder [DATA/artifacts].")
@click.option(
    "--permission",
    default="EDIT",
    show_default=True,
    type=click.Choice(get_args(Permission)),
    help="What every account may do with what others made.",
)
@click.option(
    "--authentication/--no-authentication",
    "has_authentication",
    default=True,
    help="Without it, on this machine only: every user here may change everything.",
)
@click.option(
    "--account",
    default="postgres",
    show_default=True,
    help="Whom the database runs as, where root starts the server.",
)
def server(data: Path, **options: Any) -> None:
    """Run MLflow on PostgreSQL until SIGTERM or Control-C; DATA is the folder of everything.

    The folder is made at the first start. The password of `admin` is SEQARENA_SERVER_PASSWORD, or
    is drawn and kept in DATA/secrets.
    """
    from seqarena.tracking_server.serve import serve

    serve(ServerSettings(data.resolve(), **options), click.echo)
