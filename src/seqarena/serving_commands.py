"""The commands `seqarena package` and `seqarena predict`: a model for MLflow, and a look at one."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from seqarena.answering.answers import Told
    from seqarena.answering.fitted_task import FittedTask


@click.command()
@click.argument("run")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Folder of the model; it must not be there.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Which fit of an experiment [the first].")
def package(run: str, out: Path, seed: int | None) -> None:
    """Write RUN as an MLflow model: an experiment, a folder of a fit, or a run in MLflow."""
    from seqarena.experiment.layout import Workspace
    from seqarena.retraining.named_models import package_fit

    folder = package_fit(run, seed, out, Workspace.here())
    click.echo(f"{folder}: serve it with `mlflow models serve -m {folder} --env-manager local`.")


@click.command()
@click.argument("name")
@click.option("--text", help="A text, written as the task's own are.")
@click.option(
    "--file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A text, a recording, a picture, or lines of numbers: what the task reads.",
)
@click.option("--tokens", help="Numbers of symbols, from 0, between spaces or commas.")
@click.option("--target", help="What the input is to become: its links, or its probability.")
@click.option("--seed", type=click.IntRange(min=0), help="Which fit of an experiment [the first].")
@click.option("--top-k", type=click.IntRange(min=1), help="Choices that are listed.")
@click.option("--beam", type=click.IntRange(min=1), help="Beam of a transducer [as fitted].")
@click.option("--n-best", type=click.IntRange(min=1), help="Outputs of a transducer [1].")
@click.option("--continue", "n_steps", type=click.IntRange(min=1), help="Symbols to go on by.")
@click.option("--temperature", type=click.FloatRange(min=0), help="Of these; 0: the likeliest [1].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, as a server would send it.")
def predict(
    name: str,
    text: str | None,
    file: Path | None,
    tokens: str | None,
    target: str | None,
    seed: int | None,
    as_json: bool,
    **knobs: Any,
) -> None:
    """Print what a model says of an example of your own, with probabilities.

    NAME is an experiment, a folder of a fit, or a run in MLflow; a model of the registry
    (models:/NAME@champion); or a task, whose champion it is.
    """
    from seqarena.answering.own_input import OwnInput
    from seqarena.answering.wanted import Wanted, usual_top_k
    from seqarena.experiment.layout import Workspace
    from seqarena.retraining.named_models import open_model

    given = OwnInput(text, file, target, None if tokens is None else _tokens(tokens))
    fitted = open_model(name, seed, Workspace.here())
    usual = {"top_k": usual_top_k(fitted.manifest.schema)}
    asked = {knob: value for knob, value in knobs.items() if value is not None}
    (told,) = fitted.answer([given], Wanted(**{**usual, **asked}))
    for line in _json_lines(told) if as_json else _lines(fitted, told):
        click.echo(line)


def _tokens(text: str) -> list[int]:
    from seqarena.errors import DataError

    try:
        return [int(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise DataError(f"--tokens {text!r}: expected whole numbers between spaces.") from None


def _lines(fitted: "FittedTask", told: "Told") -> list[str]:
    from seqarena.answering.telling import lines_of, unknown_lines

    manifest = fitted.manifest
    head = f"{fitted.title} · {manifest.task} ({manifest.schema.task_kind})"
    return [head, *lines_of(told.answer), *unknown_lines(told.unknown)]


def _json_lines(told: "Told") -> list[str]:
    from seqarena.answering.answers import as_json

    return [json.dumps(as_json(told), indent=2, ensure_ascii=False)]
