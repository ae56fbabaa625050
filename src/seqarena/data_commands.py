"""The commands `seqarena data`: what published data sets there are, and how to get them."""

import click


@click.group()
def data() -> None:
    """List, show and fetch published data sets; none is part of seqarena."""


@data.command("list")
def list_sets() -> None:
    """Print one line for each: task, size, whether it is here, licence."""
    from seqarena.data.published.describe import table
    from seqarena.data.published.places import VARIABLE

    click.echo(table())
    click.echo(
        f"mirror: below the folder that {VARIABLE} names. fetched: by `seqarena data fetch NAME`. "
        "`seqarena data show NAME` tells all of one, and compares its checksums."
    )


@data.command()
@click.argument("name")
def show(name: str) -> None:
    """Print all that is known of one: terms, protocol, and the state of each file."""
    from seqarena.data.published.catalogue import published_set
    from seqarena.data.published.describe import description

    click.echo(description(published_set(name)))


@data.command("fetch")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Agree to the terms beforehand.")
def fetch_set(name: str, yes: bool) -> None:
    """Download one into data/published, by DVC, after showing its licence and citation."""
    from seqarena.data.published.catalogue import published_set
    from seqarena.data.published.describe import terms
    from seqarena.data.published.fetch import fetch, missing_downloads
    from seqarena.data.published.places import place_of

    published = published_set(name)
    if place_of(published) == "mirror":
        click.echo(f"{name}: every file is in the mirror; nothing is fetched.")
        return
    downloads = missing_downloads(published)
    if downloads:
        click.echo(terms(published))
        if not yes:
            click.confirm("Fetch it under these terms?", abort=True)
    for download in downloads:
        click.echo(f"fetching {download.url}")
        fetch(published, download)
    click.echo(f"{name}: all {len(published.files)} files are here, as published.")
