"""The command `seqarena`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click

from seqarena.compare_commands import compare, compare_maps
from seqarena.data_commands import data
from seqarena.errors import ConfigError, DataError, SeqarenaError
from seqarena.retraining_commands import retrain, rollback, versions
from seqarena.schedule_commands import schedule
from seqarena.server_command import server
from seqarena.serving_commands import package, predict
from seqarena.wording import counted


class _Commands(click.Group):
    """Turns deliberate errors into one message and an exit code: 2 for bad input, 1 otherwise."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (ConfigError, DataError) as error:
            click.echo(str(error), err=True)
            ctx.exit(2)
        except SeqarenaError as error:
            click.echo(f"{type(error).__name__}: {error}", err=True)
            ctx.exit(1)


@click.group(cls=_Commands)
@click.version_option(package_name="seqarena")
def main() -> None:
    """Compare families of sequence models on the same data under the same rules."""


for command in (
    data,
    compare,
    compare_maps,
    package,
    predict,
    retrain,
    rollback,
    schedule,
    server,
    versions,
):
    main.add_command(command)


@main.command()
@click.option("--jobs", type=click.IntRange(min=1), help="Fits at a time [one per core].")
@click.option(
    "--warm/--cold", default=True, help="Fork stages from one process that imported everything."
)
@click.option("--suite", help="A suite of pipelines/suites instead of params.yaml.")
def repro(jobs: int | None, warm: bool, suite: str | None) -> None:
    """Run the whole pipeline: `dvc repro`, with its cells done beforehand on all cores."""
    from seqarena.experiment.repro import reproduce

    if suite is not None:
        from seqarena.experiment.suite_workspace import open_workspace
        from seqarena.experiment.suites import read_card

        card = read_card(Path.cwd(), suite)
        click.echo(card.describe())
        card.refuse_missing()
        os.chdir(open_workspace(Path.cwd(), suite))
    click.echo(reproduce(jobs, warm))


@main.command()
def suites() -> None:
    """List the suites beside params.yaml: what each compares, and how long it takes."""
    from seqarena.experiment.suite_workspace import suite_names
    from seqarena.experiment.suites import read_card

    names = suite_names(Path.cwd())
    if not names:
        raise ConfigError(
            [
                f"{Path.cwd()}: holds no suite under pipelines/suites; run `seqarena suites` in "
                "your checkout, in the folder of params.yaml."
            ]
        )
    for name in names:
        click.echo(read_card(Path.cwd(), name).describe())


@main.command()
def published() -> None:
    """Print every published figure beside what the reports hold, over all suites (Markdown)."""
    from seqarena.experiment.published_figures import published_figures

    for line in published_figures(Path.cwd()):
        click.echo(line)


@main.command()
@click.option("--suite", help="A suite of pipelines/suites instead of params.yaml.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(["glance", "scores", "pairs", "search", "published", "details", "maps"]),
    help="Which tables; may be given again [scores].",
)
def tables(suite: str | None, parts: tuple[str, ...]) -> None:
    """Print the tables of a report that was written, without its pictures (Markdown)."""
    from seqarena.experiment.report_tables import report_tables
    from seqarena.reporting.extracts import PARTS

    chosen = tuple(part for part in PARTS if part in (parts or ("scores",)))
    for line in report_tables(Path.cwd(), suite, chosen):
        click.echo(line)


@main.command()
def check() -> None:
    """Read params.yaml, glance at your own files, and report every mistake at once."""
    from seqarena.experiment.own_files import refuse_broken_files
    from seqarena.experiment.question import read_asked
    from seqarena.retraining.config import check_retraining

    suite, _ = read_asked()
    check_retraining()
    refuse_broken_files(suite)
    click.echo(
        f"params.yaml: {counted(len(suite.experiments), 'experiment')} on "
        f"{counted(len(suite.tasks), 'task')}, {counted(len(suite.seeds), 'seed')} each."
    )


@main.command("check-family")
@click.argument("module")
@click.option("--settings", default="{}", help="Settings of the family, as a JSON object.")
def check_family_command(module: str, settings: str) -> None:
    """Hold a family of your own (a MODULE) to the contract that every family keeps."""
    from seqarena.experiment.check_family import check_family

    n_failed = 0
    for passed, line in check_family(module, settings):
        click.echo(line)
        n_failed += not passed
    if n_failed:
        raise SeqarenaError(
            f"{counted(n_failed, 'check')} failed; see the lines that begin with FAILED."
        )


@main.command()
@click.argument("run")
@click.option("--text", help="A text, written as the task's own are.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text, a recording, a picture, or lines of numbers: what the task reads.",
)
@click.option("--target", help="What the model is to write, in place of what it writes itself.")
@click.option("--seed", type=click.IntRange(min=0), help="Which fit [the first].")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where to write a page with all maps (HTML).",
)
def attend(
    run: str,
    text: str | None,
    file: Path | None,
    target: str | None,
    seed: int | None,
    out: Path | None,
) -> None:
    """Show where RUN looks in an example of your own.

    RUN is an experiment, a folder of a fit, or a run in MLflow (its id, or its name).
    """
    from seqarena.answering.own_input import OwnInput
    from seqarena.experiment.attend import attend as attend_to
    from seqarena.experiment.layout import Workspace

    width = shutil.get_terminal_size().columns
    found = attend_to(run, OwnInput(text, file, target), Workspace.here(), seed, width)
    for line in found.lines:
        click.echo(line)
    if out is not None:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(found.page, encoding="utf-8")
        click.echo(f"{out}: open it in a browser.")


@main.command()
@click.option("--thorough", is_flag=True, help="Send everything again, even what is there.")
def sync(thorough: bool) -> None:
    """Bring the MLflow store to what the journals say; an empty store is rebuilt whole."""
    from seqarena.experiment.layout import Workspace
    from seqarena.experiment.synchronise import synchronise
    from seqarena.tracking.location import locate_store

    workspace = Workspace.here()
    report = synchronise(workspace, thorough)
    for line in (*report.notes, *(f"killed: {key}" for key in report.killed)):
        click.echo(line)
    for line in report.failed:
        click.echo(line, err=True)
    click.echo(
        f"{locate_store(workspace.home)}: {counted(report.n_runs, 'run')} from "
        f"{counted(report.n_journals, 'journal')}."
    )
    if report.failed:
        raise SeqarenaError(f"{len(report.failed)} could not be stored; run `seqarena sync` again.")


@main.command()
@click.option("--port", default=5000, show_default=True, type=click.IntRange(1, 65535))
def ui(port: int) -> None:
    """Open MLflow on the runs, on this machine only."""
    from seqarena.experiment.layout import Workspace
    from seqarena.tracking.location import locate_store

    location = locate_store(Workspace.here().home)
    if location.tracking_uri.startswith("http"):
        click.echo(f"The runs are on {location}; open that address.")
        return
    address = f"http://127.0.0.1:{port}"
    click.echo(f"{address} - switch to 'Model training' at the top left; Control-C ends it.")
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", location.tracking_uri]
    # One worker answers faster than four, and the job runner takes 2 GB for nothing that is shown.
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    code = subprocess.run(command, env={**os.environ, **quiet}, check=False).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
