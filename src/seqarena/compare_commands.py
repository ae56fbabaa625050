"""The commands `seqarena compare` and `seqarena compare-maps`: two beside each other."""

import os
from pathlib import Path

import click


@click.command()
@click.argument("one")
@click.argument("other")
@click.option("--metric", help="What decides [what params.yaml asks for].")
@click.option(
    "--region",
    type=click.FloatRange(min=0),
    help="A difference of at most this much does not matter [what params.yaml says].",
)
@click.option("--suite", help="A suite of pipelines/suites instead of params.yaml.")
def compare(
    one: str, other: str, metric: str | None, region: float | None, suite: str | None
) -> None:
    """Compare the scores of ONE and OTHER on the same test examples.

    Each is an experiment with all of its seeds, or runs in MLflow by their ids (seeds of one
    experiment, with commas between them). Numbers that came about under unlike rules are refused.
    """
    from seqarena.experiment.compare_scores import compare_scores
    from seqarena.experiment.layout import Workspace

    if suite is not None:
        from seqarena.experiment.suite_workspace import open_workspace

        os.chdir(open_workspace(Path.cwd(), suite))
    for line in compare_scores(one, other, Workspace.here(), metric, region):
        click.echo(line)


@click.command("compare-maps")
@click.argument("one")
@click.argument("other")
def compare_maps(one: str, other: str) -> None:
    """Compare where two experiments look, ONE and OTHER: what `attend` calls a RUN, or folders.

    All seeds of both are compared on the same probes. Writes compare/ONE__OTHER.
    """
    from seqarena.experiment.compare_maps import compare_maps as compare
    from seqarena.experiment.layout import Workspace

    for line in compare(one, other, Workspace.here()):
        click.echo(line)
