"""What every experiment of a suite may cost: `budget` in params.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seqarena.experiment.budget.distributions import Distribution
from seqarena.parsing import parse

SECTION = "budget"

_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True)


class ParameterBudget(BaseModel):
    """How many free parameters a model shall have."""

    model_config = _CONFIG

    target: int = Field(ge=1)
    """Free parameters, counted as the reports of fits count them."""
    within: float = Field(default=0.05, ge=0, lt=1)
    """How far from the target a model may be, as a share of the target."""

    def holds(self, n_parameters: int) -> bool:
        """Return whether so many are near enough."""
        return abs(n_parameters - self.target) <= self.within * self.target

    def told(self) -> str:
        """Say what is asked for."""
        return f"{self.target:,} ± {100 * self.within:g} %"


class TaskBudget(BaseModel):
    """What the experiments of one task may cost; what is not said is as for every task."""

    model_config = _CONFIG

    parameters: ParameterBudget | None = None
    """Widths are solved for it, and a model that breaks it is refused; None: any number."""
    minutes: float | None = Field(default=None, gt=0)
    """Wall time of one fit, of a trial too [minutes]; None: what the task's training says."""
    trials: int | None = Field(default=None, ge=1)
    """Settings that a random search tries for each experiment before its seeds are fitted; None:
    no search."""


class BudgetConfig(TaskBudget):
    """What every experiment may cost."""

    seed: int = Field(default=0, ge=0)
    """Of what the searches draw, and of the fits of their trials."""
    exempt: list[str] = Field(default_factory=list)
    """Experiments outside of `parameters` and `trials`, such as yardsticks without a width."""
    tasks: dict[str, TaskBudget] = Field(default_factory=dict)
    """By the name of the task: what differs there."""

    def of_task(self, task: str) -> TaskBudget:
        """Return the budget on one task."""
        own = self.tasks.get(task, TaskBudget())
        everywhere = {name: getattr(self, name) for name in TaskBudget.model_fields}
        return TaskBudget(
            **{**everywhere, **{name: getattr(own, name) for name in own.model_fields_set}}
        )


def n_trials(raw: Mapping[str, Any]) -> int:
    """Return how many trials the searches of all experiments of a suite have.

    Args:
        raw: content of its file.

    Raises:
        ConfigError: the budget is wrong.
    """
    budget: BudgetConfig = parse(BudgetConfig, raw.get(SECTION, {}), SECTION)
    experiments: dict[str, Any] = raw.get("experiments") or {}
    return sum(
        budget.of_task(entry["task"]).trials or 0
        for name, entry in experiments.items()
        if name not in budget.exempt
    )


@dataclass(frozen=True)
class CellBudget:
    """What one experiment may cost: nothing is left to a default."""

    parameters: ParameterBudget | None = None
    minutes: float | None = None
    trials: int | None = None
    seed: int = 0
    space: Mapping[str, Distribution] = field(default_factory=dict)
    """What its trials draw, by the dotted knob of the family."""
    is_exempt: bool = False
    """Whether others on its task have a budget of parameters or trials from which it is exempt."""

    def as_dict(self) -> dict[str, Any] | None:
        """Return what its stages depend on, JSON-ready; None: it has no budget."""
        if self == CellBudget():
            return None
        space = {knob: each.model_dump(exclude_none=True) for knob, each in self.space.items()}
        return {
            "parameters": None if self.parameters is None else self.parameters.model_dump(),
            "minutes": self.minutes,
            "trials": self.trials,
            "seed": self.seed,
            "space": space,
            "is_exempt": self.is_exempt,
        }
