"""`params.yaml` as one frozen record: parsed once, every mistake at once."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seqarena.errors import ConfigError
from seqarena.experiment.budget.config import CellBudget
from seqarena.experiment.budget.resolve import (
    Rules,
    budget_of_one,
    cell_budget,
    parse_rules,
    with_minutes,
)
from seqarena.experiment.layout import PARAMS_FILE
from seqarena.families.catalogue import (
    AnyFamilyConfig,
    data_obstacle,
    frames_obstacle,
    parse_family,
)
from seqarena.fitting.settings import HardwareConfig
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.tasks.config import TaskConfig

_SECTIONS = (
    "about",
    "question",
    "seeds",
    "hardware",
    "tasks",
    "families",
    "experiments",
    "budget",
    "search",
    "retraining",
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class ExperimentEntry(BaseModel):
    """One cell of the comparison, as written under `experiments`."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    task: str
    """Name of an entry under `tasks`."""
    family: str
    """Name of an entry under `families`."""
    override: dict[str, Any] = Field(default_factory=dict)
    """Knobs of the family that differ in this cell. The protocol of a task has no override."""


@dataclass(frozen=True)
class Experiment:
    """One family on one task, fully resolved."""

    name: str
    task_name: str
    task: TaskConfig
    family_name: str
    family: AnyFamilyConfig
    seeds: tuple[int, ...]
    hardware: HardwareConfig
    budget: CellBudget = field(default_factory=CellBudget)
    """What it may cost: its width may still have to be solved, and its settings to be searched."""
    trial: int | None = None
    """Which trial of a search this is; None: it is none."""


@dataclass(frozen=True)
class Suite:
    """Everything that `params.yaml` asks for."""

    tasks: dict[str, TaskConfig]
    experiments: dict[str, Experiment]
    seeds: tuple[int, ...]
    hardware: HardwareConfig


def read_suite(path: Path = PARAMS_FILE) -> Suite:
    """Read and check the whole file.

    Raises:
        ConfigError: with one line for each mistake in any section.
    """
    return parse_suite(read_yaml(path))


def parse_suite(raw: dict[str, Any]) -> Suite:
    """Check every section against its types, and the sections against each other.

    Raises:
        ConfigError: with one line for each mistake in any section.
    """
    mistakes = [
        f"{key}: unknown; {nearest(key, list(_SECTIONS))}" for key in raw if key not in _SECTIONS
    ]
    seeds: tuple[int, ...] = ()
    hardware = HardwareConfig()
    tasks: dict[str, TaskConfig] = {}
    experiments: dict[str, Experiment] = {}
    rules = Rules()
    with _collecting(mistakes):
        rules = parse_rules(raw)
        mistakes.extend(rules.mistakes(raw))
    with _collecting(mistakes):
        seeds = _parse_seeds(raw.get("seeds"))
    with _collecting(mistakes):
        hardware = parse(HardwareConfig, raw.get("hardware", {}), "hardware")
    for name, entry in _entries(raw, "tasks", mistakes).items():
        with _collecting(mistakes):
            tasks[name] = with_minutes(name, parse(TaskConfig, entry, f"tasks.{name}"), rules)
    for name, entry in _entries(raw, "families", mistakes).items():
        with _collecting(mistakes):
            parse_family(entry, f"families.{name}")
    for name, entry in _entries(raw, "experiments", mistakes).items():
        with _collecting(mistakes):
            found = _parse_experiment(name, entry, raw, tasks, seeds, hardware)
            experiments[name] = replace(found, budget=cell_budget(found, rules))
    if mistakes:
        raise ConfigError(list(dict.fromkeys(mistakes)))
    return Suite(tasks, experiments, seeds, hardware)


def read_experiment(name: str, path: Path = PARAMS_FILE) -> Experiment:
    """Read one experiment, and only the keys that its stage declares.

    Raises:
        ConfigError: there is no such experiment, or its entries are wrong.
    """
    raw = read_yaml(path)
    entries = raw.get("experiments") or {}
    if name not in entries:
        raise ConfigError([f"experiments.{name}: not there; {nearest(name, list(entries))}"])
    entry: ExperimentEntry = parse(ExperimentEntry, entries[name], f"experiments.{name}")
    kept = {
        "seeds": raw.get("seeds"),
        "hardware": raw.get("hardware", {}),
        "experiments": {name: entries[name]},
        "tasks": {k: v for k, v in (raw.get("tasks") or {}).items() if k == entry.task},
        "families": {k: v for k, v in (raw.get("families") or {}).items() if k == entry.family},
        **budget_of_one(raw, name, entry.task, entry.family),
    }
    return parse_suite(kept).experiments[name]


@contextlib.contextmanager
def _collecting(mistakes: list[str]) -> Iterator[None]:
    """Keep the complaints of what is parsed inside, instead of stopping at the first."""
    try:
        yield
    except ConfigError as error:
        mistakes.extend(error.mistakes)


def _entries(raw: dict[str, Any], section: str, mistakes: list[str]) -> dict[str, Any]:
    entries = raw.get(section)
    if not isinstance(entries, dict) or not entries:
        mistakes.append(f"{section}: expected a mapping with at least one entry, got {entries!r}.")
        return {}
    for name in entries:
        if not _NAME.fullmatch(str(name)):
            mistakes.append(
                f"{section}.{name}: a name holds letters, digits, '_' and '-' only, for it becomes "
                "a folder and a stage of DVC."
            )
    return {str(name): entry for name, entry in entries.items()}


def _parse_seeds(raw: object) -> tuple[int, ...]:
    seeds: list[int] = parse(list[int], raw, "seeds")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ConfigError([f"seeds: got {seeds}; expected different whole numbers from 0 up."])
    return tuple(seeds)


def _parse_experiment(
    name: str,
    raw_entry: object,
    raw: dict[str, Any],
    tasks: dict[str, TaskConfig],
    seeds: tuple[int, ...],
    hardware: HardwareConfig,
) -> Experiment:
    at = f"experiments.{name}"
    entry: ExperimentEntry = parse(ExperimentEntry, raw_entry, at)
    raw_tasks, raw_families = raw.get("tasks") or {}, raw.get("families") or {}
    mistakes = _missing(at, "task", entry.task, list(raw_tasks))
    mistakes += _missing(at, "family", entry.family, list(raw_families))
    if mistakes:
        raise ConfigError(mistakes)
    family = _resolve_family(at, entry, raw_families[entry.family])
    if entry.task not in tasks:
        raise ConfigError([])
    task = tasks[entry.task]
    source = task.source
    obstacle = (
        family.cannot(task.kind, source.input_kind)
        or frames_obstacle(family, task.kind, source.input_kind, source.frame_kind)
        or data_obstacle(family, source.has_regions, source.scores_some_steps)
    )
    if obstacle:
        raise ConfigError([f"{at}: {entry.family!r} cannot do {entry.task!r}: {obstacle}"])
    return Experiment(name, entry.task, task, entry.family, family, seeds, hardware)


def _resolve_family(at: str, entry: ExperimentEntry, raw_family: object) -> AnyFamilyConfig:
    if not entry.override or not isinstance(raw_family, dict):
        return parse_family(raw_family, f"families.{entry.family}")
    if "kind" in entry.override:
        raise ConfigError([f"{at}.override.kind: an override cannot change the kind of a family."])
    return parse_family(_merged(raw_family, entry.override), f"{at}.override")


def _merged(settings: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    """Return the settings with those of the override in their place, record by record."""
    merged = {**settings, **override}
    for key in settings.keys() & override.keys():
        if isinstance(settings[key], dict) and isinstance(override[key], dict):
            merged[key] = _merged(settings[key], override[key])
    return merged


def _missing(at: str, key: str, name: str, valid: list[str]) -> list[str]:
    if name in valid:
        return []
    return [f"{at}.{key}: there is no {key} {name!r}; {nearest(name, valid)}"]
