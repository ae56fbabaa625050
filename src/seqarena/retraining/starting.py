"""Where fits begin: anew, or from the champion."""

import shutil
from typing import Any

from seqarena.errors import ConfigError
from seqarena.experiment.budget.widths import is_allowed, width_knob, with_width
from seqarena.experiment.question import read_asked
from seqarena.experiment.suite import Experiment
from seqarena.families.earlier_fit import start_obstacle
from seqarena.families.store import CONFIG_FILE, MODEL_FILE, read_config
from seqarena.retraining.champion import Champion
from seqarena.retraining.context import Context
from seqarena.retraining.package import DATA, fit_in

_MANIFEST_FILE = "manifest.json"


def place_starts(context: Context, champion: Champion | None) -> None:
    """Put the champion where fits look for a start; or take away what lies there.

    Of several experiments, those of the champion's own family begin from it.

    Raises:
        ConfigError: no experiment can; or params.yaml is wrong, which is found before any stage.
    """
    experiments = read_asked()[0].experiments
    wanted = [experiments[name] for name in context.config.experiments]
    for each in wanted:
        shutil.rmtree(context.workspace.start(each.name), ignore_errors=True)
    if context.is_warm and champion is not None:
        for each in _beginners(wanted, champion):
            _place(context, each.name, champion)


def _beginners(experiments: list[Experiment], champion: Champion) -> list[Experiment]:
    """Return the experiments that can begin from the champion."""
    settings = read_config(fit_in(champion.package))[0]["family"]
    own = [each for each in experiments if _has_settings(each, settings)]
    obstacles = {each.name: start_obstacle(each.family, each.task.kind) for each in own}
    able = [each for each in own if obstacles[each.name] is None]
    if able:
        return able
    why = [f"{name}: {obstacle}" for name, obstacle in obstacles.items()] or [
        f"{each.name} {_difference(each, settings)}" for each in experiments
    ]
    raise ConfigError([f"--warm-start: no fit can begin from the champion: {'; '.join(why)}."])


def _has_settings(experiment: Experiment, settings: dict[str, Any]) -> bool:
    """Say whether these are the settings of an experiment, but for a width that is solved for it.

    On data of other alphabets another width may come out; the fit then refuses the start.
    """
    family, task = experiment.family, experiment.task
    if experiment.budget.trials is not None:
        return False
    if experiment.budget.parameters is not None:
        knob, _ = width_knob(family, task.kind, task.source.input_kind)
        is_solved = knob is not None and knob not in family.model_fields_set
        if knob is not None and is_solved and is_allowed(family, knob, settings.get(knob, 0)):
            family = with_width(family, knob, settings[knob])
    return family.model_dump(mode="json") == settings


def _difference(experiment: Experiment, settings: dict[str, Any]) -> str:
    if experiment.budget.trials is not None:
        return "is searched (budget.trials), and each trial has other settings"
    return f"has other settings than the champion ({settings['kind']})"


def _place(context: Context, experiment: str, champion: Champion) -> None:
    folder = context.workspace.start(experiment)
    unfinished = folder.with_name(f".{experiment}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    for name in (CONFIG_FILE, MODEL_FILE):
        shutil.copy(fit_in(champion.package) / name, unfinished / name)
    shutil.copy(champion.package / DATA / _MANIFEST_FILE, unfinished / _MANIFEST_FILE)
    unfinished.rename(folder)
