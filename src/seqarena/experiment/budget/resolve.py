"""From the sections `budget` and `search` to what each experiment may cost, checked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from seqarena.errors import ConfigError
from seqarena.experiment.budget.config import SECTION, BudgetConfig, CellBudget, TaskBudget
from seqarena.experiment.budget.distributions import Distribution
from seqarena.experiment.budget.spaces import SECTION as SEARCH
from seqarena.experiment.budget.spaces import (
    parse_spaces,
    space_mistakes,
    trial_settings,
    with_settings,
)
from seqarena.experiment.budget.widths import no_width, width_knob
from seqarena.families.catalogue import AnyFamilyConfig
from seqarena.parsing import nearest, parse
from seqarena.tasks.config import TaskConfig


@runtime_checkable
class Planned(Protocol):
    """What has to be known of an experiment."""

    @property
    def name(self) -> str:
        """Its name in params.yaml."""

    @property
    def task_name(self) -> str:
        """That of its task."""

    @property
    def task(self) -> TaskConfig:
        """Its task."""

    @property
    def family_name(self) -> str:
        """The entry of its family."""

    @property
    def family(self) -> AnyFamilyConfig:
        """Its family, with what its entry overrides."""


@dataclass(frozen=True)
class Rules:
    """Both sections."""

    budget: BudgetConfig = field(default_factory=BudgetConfig)
    spaces: Mapping[str, Mapping[str, Distribution]] = field(default_factory=dict)
    """By experiment or family."""

    def space_of(self, cell: Planned) -> tuple[str, Mapping[str, Distribution]]:
        """Return the space of an experiment and its key; that of its family where it has none."""
        name = cell.name if cell.name in self.spaces else cell.family_name
        return f"{SEARCH}.{name}", self.spaces.get(name, {})

    def mistakes(self, raw: Mapping[str, Any]) -> list[str]:
        """Name every task, experiment and family of the sections that is not in params.yaml."""
        names, families = _keys(raw, "experiments"), _keys(raw, "families")
        lines = [
            f"{SECTION}.tasks.{task}: there is no such task; {nearest(task, _keys(raw, 'tasks'))}"
            for task in self.budget.tasks
            if task not in _keys(raw, "tasks")
        ]
        lines += [
            f"{SECTION}.exempt: {name!r} is no experiment; {nearest(name, names)}"
            for name in self.budget.exempt
            if name not in names
        ]
        if self.spaces and all(self.budget.of_task(t).trials is None for t in _keys(raw, "tasks")):
            lines.append(f"{SEARCH}: nothing is searched without {SECTION}.trials; say how many.")
        return lines + [
            f"{SEARCH}.{name}: is no experiment and no family; {nearest(name, names + families)}"
            for name in self.spaces
            if name not in names + families
        ]


def parse_rules(raw: Mapping[str, Any]) -> Rules:
    """Read both sections, each of which may be missing.

    Raises:
        ConfigError: with one line for each mistake.
    """
    budget: BudgetConfig = parse(BudgetConfig, raw.get(SECTION, {}), SECTION)
    return Rules(budget, parse_spaces(raw.get(SEARCH, {})))


def budget_of_one(raw: Mapping[str, Any], name: str, task: str, family: str) -> dict[str, Any]:
    """Return of both sections what one experiment reads, so that it can be parsed by itself."""
    budget, spaces = raw.get(SECTION), raw.get(SEARCH)
    if not isinstance(budget, dict):
        return {}
    own = (budget.get("tasks") or {}).get(task)
    kept = {key: value for key, value in budget.items() if key not in ("tasks", "exempt")}
    kept["tasks"] = {} if own is None else {task: own}
    kept["exempt"] = [name] if name in (budget.get("exempt") or []) else []
    if not isinstance(spaces, dict) or {**budget, **(own or {})}.get("trials") is None:
        return {SECTION: kept}
    return {SECTION: kept, SEARCH: {k: spaces[k] for k in (name, family) if k in spaces}}


def with_minutes(name: str, task: TaskConfig, rules: Rules) -> TaskConfig:
    """Return a task whose fits, of all families, end after the minutes of the budget.

    Raises:
        ConfigError: its training says another time.
    """
    minutes = rules.budget.of_task(name).minutes
    own = task.training.max_minutes
    if minutes is None or minutes == own:
        return task
    if own is not None:
        raise ConfigError(
            [
                f"tasks.{name}.training.max_minutes: {own:g}, and {SECTION}.minutes is "
                f"{minutes:g}; leave one of them out."
            ]
        )
    training = task.training.model_copy(update={"max_minutes": minutes})
    return task.model_copy(update={"training": training})


def cell_budget(cell: Planned, rules: Rules) -> CellBudget:
    """Return what an experiment may cost.

    Raises:
        ConfigError: with one line for each way in which it cannot keep to the budget, as far as
            that can be said before there is data.
    """
    own = rules.budget.of_task(cell.task_name)
    if cell.name in rules.budget.exempt:
        is_exempt = own.parameters is not None or own.trials is not None
        return CellBudget(minutes=own.minutes, is_exempt=is_exempt)
    at, space = rules.space_of(cell)
    mistakes = [*_width_mistakes(cell, own, at, space), *_search_mistakes(cell, own, at, space)]
    if not mistakes and own.trials is not None:
        mistakes = _trial_mistakes(cell, own.trials, rules.budget.seed, at, space)
    if mistakes:
        raise ConfigError(mistakes)
    searched = own.trials is not None
    return CellBudget(
        parameters=own.parameters,
        minutes=own.minutes,
        trials=own.trials,
        seed=rules.budget.seed if searched else 0,
        space=dict(space) if searched else {},
    )


def _width_mistakes(
    cell: Planned, own: TaskBudget, at: str, space: Mapping[str, Distribution]
) -> list[str]:
    if own.parameters is None:
        return []
    knob, why = width_knob(cell.family, cell.task.kind, cell.task.source.input_kind)
    if knob is None:
        return [no_width(cell.name, cell.family.kind, why)]
    if knob in space:
        return [
            f"{at}.{knob}: is the width, which {SECTION}.parameters decides; search other knobs, "
            "or leave the budget of parameters out."
        ]
    return []


def _search_mistakes(
    cell: Planned, own: TaskBudget, at: str, space: Mapping[str, Distribution]
) -> list[str]:
    if own.trials is None:
        return []
    if not space:
        return [
            f"experiments.{cell.name}: nothing to search, and {SECTION}.trials gives every "
            f"experiment {own.trials}; write its knobs under {at} or {SEARCH}.{cell.name}, or name "
            f"it under {SECTION}.exempt, which the report says."
        ]
    return space_mistakes(at, cell.family, space)


def _trial_mistakes(
    cell: Planned, trials: int, seed: int, at: str, space: Mapping[str, Distribution]
) -> list[str]:
    """Name every trial whose settings do not go together: they are known before anything runs."""
    mistakes = []
    for trial in range(trials):
        settings = trial_settings(space, seed, cell.name, trial)
        try:
            family = with_settings(cell.family, settings, f"{at}: trial {trial}")
        except ConfigError as error:
            mistakes += error.mistakes
            continue
        obstacle = family.cannot(cell.task.kind, cell.task.source.input_kind)
        if obstacle is not None:
            mistakes.append(f"{at}: trial {trial} of {cell.name} ({settings}): {obstacle}.")
    return mistakes


def _keys(raw: Mapping[str, Any], section: str) -> list[str]:
    found = raw.get(section)
    return [str(key) for key in found] if isinstance(found, dict) else []
