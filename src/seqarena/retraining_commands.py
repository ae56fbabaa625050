"""The commands that keep a model fresh: `seqarena retrain`, `rollback`, `versions`."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqarena.errors import ConfigError

if TYPE_CHECKING:
    from seqarena.retraining.context import Context
    from seqarena.retraining.outcomes import Outcome

_suite = click.option("--suite", help="A suite of pipelines/suites instead of params.yaml.")


@click.command()
@click.argument("task")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
@click.option("--commit", is_flag=True, help="Commit dvc.lock, imports and metrics afterwards.")
@click.option("--warm-start", is_flag=True, help="Begin the fits from the champion.")
@click.option("--jobs", type=click.IntRange(min=1), help="Fits at a time [one per core].")
@_suite
def retrain(
    task: str, dry_run: bool, commit: bool, warm_start: bool, jobs: int | None, suite: str | None
) -> None:
    """Retrain TASK (an entry under `retraining`) if anything changed; promote on evidence alone.

    Exit codes: 0 promoted or nothing new, 1 failed, 2 wrong settings, 3 challenger rejected, 4 data
    refused, 5 another retraining runs, 6 another version serves than expected. The champion serves
    on in every case but the first.
    """
    from seqarena.retraining.retrain import plan
    from seqarena.retraining.retrain import retrain as run

    if commit and suite is not None:
        raise ConfigError(["--commit: Git ignores the workspace of a suite; leave it out."])
    context = _context(task, suite, warm_start, jobs)
    _end(lambda: plan(context) if dry_run else run(context, commit))


@click.command()
@click.argument("task")
@click.option("--to", help="Version to go back to [the one that served before].")
@click.option("--expect", help="Version that must serve now, or nothing is done.")
@_suite
def rollback(task: str, to: str | None, expect: str | None, suite: str | None) -> None:
    """Let an earlier version of TASK serve again, in one step that the ledger keeps."""
    from seqarena.retraining.rollback import roll_back

    context = _context(task, suite)
    _end(lambda: roll_back(context, to, expect))


@click.command()
@click.argument("task")
@click.option("--delete", "number", help="Version to delete: not the one that serves or did last.")
@_suite
def versions(task: str, number: str | None, suite: str | None) -> None:
    """List the versions of TASK, and which of them serves."""
    from seqarena.retraining.rollback import delete_version
    from seqarena.retraining.rollback import versions as list_versions

    context = _context(task, suite)
    if number is not None:
        click.echo(delete_version(context, number))
    for line in list_versions(context):
        click.echo(line)


def _context(
    name: str, suite: str | None, warm_start: bool = False, jobs: int | None = None
) -> "Context":
    from seqarena.experiment.layout import Workspace
    from seqarena.retraining.config import read_retraining
    from seqarena.retraining.context import Context

    if suite is not None:
        from seqarena.experiment.suite_workspace import open_workspace

        os.chdir(open_workspace(Path.cwd(), suite))
    config = read_retraining(name)
    is_warm = warm_start or config.warm_start
    return Context(name, config, Workspace.here(), is_warm, jobs)


def _end(run: "Callable[[], Outcome]") -> None:
    """Print how it ended, and exit with the code that says so."""
    from seqarena.retraining.lock import HeldError
    from seqarena.retraining.outcomes import ExitCode, MovedError

    with _terminable():
        try:
            outcome = run()
        except HeldError as error:
            click.echo(f"{error} Nothing was done; try again when it has ended.", err=True)
            sys.exit(ExitCode.BUSY)
        except MovedError as error:
            click.echo(str(error), err=True)
            sys.exit(ExitCode.MOVED)
    for line in outcome.lines:
        click.echo(line)
    sys.exit(outcome.code)


def _terminable() -> Any:
    from seqarena.retraining.processes import terminable

    return terminable()
