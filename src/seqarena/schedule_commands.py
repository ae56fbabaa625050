"""The commands `seqarena schedule`: retrain by the clock, and say how it went."""

import json
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click

from seqarena.errors import ConfigError
from seqarena.wording import counted


@click.group(invoke_without_command=True)
@click.option(
    "--file",
    default="schedule.yaml",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="When each task is retrained; what happened is kept in `schedule/` beside it.",
)
@click.pass_context
def schedule(context: click.Context, file: Path) -> None:
    """Retrain by the clock, in the foreground, until SIGTERM or Control-C.

    A run that is going on may finish within the time of grace; asked twice, it is ended at once.
    """
    context.obj = file.absolute()
    if context.invoked_subcommand is None:
        _watch(context.obj)


@schedule.command()
@click.option("--json", "as_json", is_flag=True, help="Print all that is known, as JSON.")
@click.option("--check", is_flag=True, help="Exit with 1 if somebody should look at it.")
@click.pass_obj
def status(file: Path, as_json: bool, check: bool) -> None:
    """Say whether the scheduler lives, and of each task when it ran, runs next, and why."""
    from seqarena.retraining.schedule.places import Places
    from seqarena.retraining.schedule.settings import read_schedule
    from seqarena.retraining.schedule.status import status_of
    from seqarena.retraining.schedule.told import status_lines

    found = status_of(read_schedule(file), Places(file.parent))
    if as_json:
        click.echo(json.dumps({**asdict(found), "troubles": found.troubles}, indent=2))
    else:
        for line in status_lines(found):
            click.echo(line)
    if check and found.troubles:
        click.get_current_context().exit(1)


@schedule.command()
@click.option("--ticks", default=3, show_default=True, type=click.IntRange(1, 100))
@click.pass_obj
def check(file: Path, ticks: int) -> None:
    """Read schedule.yaml, report every mistake at once, and print the next ticks of each task."""
    from seqarena.retraining.schedule.hidden_variables import refuse_missing_secrets
    from seqarena.retraining.schedule.settings import read_schedule
    from seqarena.retraining.schedule.told import next_lines

    config = read_schedule(file)
    refuse_missing_secrets(config.notify)
    for task in config.tasks:
        for line in next_lines(task, config.cron_of(task), ticks):
            click.echo(line)


@schedule.command()
@click.argument("task")
@click.pass_obj
def run(file: Path, task: str) -> None:
    """Run TASK now, under the same rules: for cron, a timer, or by hand.

    The tick is the present minute, so that a timer which fires twice runs it once. Exits with the
    code of the command; 75 if it was ended before it had one.
    """
    from seqarena.retraining.schedule.by_hand import run_now
    from seqarena.retraining.schedule.places import Places
    from seqarena.retraining.schedule.settings import read_schedule
    from seqarena.retraining.schedule.told import duration

    config = read_schedule(file)
    if task not in config.tasks:
        from seqarena.parsing import nearest

        raise ConfigError([f"{file.name}.tasks.{task}: {nearest(task, list(config.tasks))}"])
    tick = datetime.now(UTC).replace(second=0, microsecond=0)
    verdict = run_now(config, Places(file.parent), task, tick)
    if verdict is None:
        click.echo(f"{task}: not begun; `seqarena schedule status` says why.")
        return
    took = "" if verdict.seconds is None else f" after {duration(verdict.seconds)}"
    click.echo(f"{verdict.key}: {verdict.outcome}{took} - {verdict.why}")
    code = verdict.exit_code
    click.get_current_context().exit(75 if code is None else code if code >= 0 else 128 - code)


def _watch(file: Path) -> None:
    from seqarena.retraining.schedule.foreground import StopRequest, watch
    from seqarena.retraining.schedule.hidden_variables import refuse_missing_secrets
    from seqarena.retraining.schedule.places import Places
    from seqarena.retraining.schedule.scheduler import Scheduler
    from seqarena.retraining.schedule.settings import read_schedule
    from seqarena.retraining.schedule.webpage import publish

    config = read_schedule(file)
    refuse_missing_secrets(config.notify)
    places = Places(file.parent)
    scheduler = Scheduler(config, places, _say, lambda: publish(config, places))
    _say(f"{counted(len(config.tasks), 'task')} in {file.name}; the page is {places.page}.")
    # What it would say of late and overlapping ticks, the journal says.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    watch(scheduler, StopRequest())


def _say(line: str) -> None:
    """Print a line with its time: it stands in the log of whoever started the scheduler."""
    click.echo(f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {line}")
