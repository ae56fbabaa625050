"""An experiment with the width that its budget of parameters asks for."""

import math
from dataclasses import replace
from pathlib import Path

from seqarena.data.arrow_store import read_split
from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.errors import ConfigError
from seqarena.experiment.budget.config import ParameterBudget
from seqarena.experiment.budget.counting import parameters_of
from seqarena.experiment.budget.solving import Counter, Solution, nearest_width
from seqarena.experiment.budget.widths import no_width, width_knob, with_width
from seqarena.experiment.suite import Experiment
from seqarena.families.catalogue import AnyFamilyConfig


def sized(experiment: Experiment, prepared: Path) -> Experiment:
    """Return the experiment with its width solved; as it is, where no budget of parameters holds.

    A width that stands in params.yaml is kept, if it is within the budget.

    Args:
        experiment: as it stands in params.yaml.
        prepared: folder of its task's prepared splits, which are only read.

    Raises:
        ConfigError: no width comes near enough, or the one that was set by hand does not; it says
            what would.
    """
    budget = experiment.budget.parameters
    if budget is None:
        return experiment
    schema = read_manifest(prepared).schema
    train = read_split(prepared, Split.TRAIN)

    def count(config: AnyFamilyConfig) -> int:
        return parameters_of(config, schema, train)

    knob, why = width_knob(experiment.family, schema.task_kind, schema.input_kind)
    trial = "" if experiment.trial is None else f" (trial {experiment.trial})"
    at = f"experiments.{experiment.name}{trial}"
    if knob is None:
        raise ConfigError([no_width(experiment.name, experiment.family.kind, why)])
    if knob in experiment.family.model_fields_set:
        _refuse_by_hand(at, experiment.family, knob, budget, count)
        return experiment
    found = nearest_width(experiment.family, knob, budget.target, count)
    if found is None or not budget.holds(found.n_parameters):
        raise ConfigError([_out_of_reach(at, experiment.family, knob, budget, found)])
    return replace(experiment, family=with_width(experiment.family, knob, found.value))


def _refuse_by_hand(
    at: str, config: AnyFamilyConfig, knob: str, budget: ParameterBudget, count: Counter
) -> None:
    n = count(config)
    if budget.holds(n):
        return
    found = nearest_width(config.model_copy(), knob, budget.target, count)
    remedy = "no other width is possible beside the other settings"
    if found is not None:
        remedy = f"leave {knob} out, or write the nearest: {_told(knob, found)}"
    raise ConfigError(
        [
            f"{at}: {_told(knob, Solution(getattr(config, knob), n))}, set by hand; expected "
            f"{budget.told()} (budget.parameters): {remedy}."
        ]
    )


def _out_of_reach(
    at: str, config: AnyFamilyConfig, knob: str, budget: ParameterBudget, found: Solution | None
) -> str:
    asked = f"{at}: {config.kind} cannot have {budget.told()} parameters (budget.parameters)"
    if found is None:
        return f"{asked}: the other settings allow no {knob}; change them."
    off = abs(found.n_parameters - budget.target) / budget.target
    within = f"set within to {_above(off)} or more, " if _above(off) < 1 else ""
    return (
        f"{asked}: the nearest is {_told(knob, found)}, {off:.1%} off; change its other settings, "
        f"{within}or name it under budget.exempt."
    )


def _above(share: float) -> float:
    """Return the share rounded up to a thousandth."""
    return math.ceil(1000 * share) / 1000


def _told(knob: str, found: Solution) -> str:
    return f"{knob} {found.value} with {found.n_parameters:,} parameters"
