"""`params.yaml` as one frozen record: parsed once, every mistake at once."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from seqarena.errors import ConfigError
from seqarena.families.catalogue import FamilyConfig
from seqarena.fitting.protocols import HardwareConfig
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.tasks.config import TaskConfig, input_kind

PARAMS_FILE = Path("params.yaml")
_SECTIONS = ("seeds", "hardware", "tasks", "families", "experiments")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")

T = TypeVar("T")


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
    family: FamilyConfig
    seeds: tuple[int, ...]
    hardware: HardwareConfig


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
    collect = _Collector(mistakes)
    seeds = collect(lambda: _parse_seeds(raw.get("seeds")), ())
    hardware = collect(
        lambda: parse(HardwareConfig, raw.get("hardware", {}), "hardware"), HardwareConfig()
    )
    tasks = {
        name: task
        for name, entry in _entries(raw, "tasks", mistakes).items()
        if (task := collect(lambda n=name, e=entry: _parse_task(n, e), None)) is not None
    }
    families = _entries(raw, "families", mistakes)
    for name, entry in families.items():
        collect(lambda n=name, e=entry: parse(FamilyConfig, e, f"families.{n}"), None)
    experiments = {}
    for name, entry in _entries(raw, "experiments", mistakes).items():
        experiment = collect(
            lambda n=name, e=entry: _parse_experiment(n, e, raw, tasks, seeds, hardware), None
        )
        if experiment is not None:
            experiments[name] = experiment
    if mistakes:
        raise ConfigError(list(dict.fromkeys(mistakes)))
    return Suite(tasks, experiments, seeds, hardware)


class _Collector:
    """Runs parsers, and keeps their complaints instead of stopping at the first."""

    def __init__(self, mistakes: list[str]) -> None:
        self._mistakes = mistakes

    def __call__(self, parser: Callable[[], T], otherwise: T) -> T:
        try:
            return parser()
        except ConfigError as error:
            self._mistakes.extend(error.mistakes)
            return otherwise


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
    seeds = parse(list[int], raw, "seeds")
    if not seeds or len(set(seeds)) < len(seeds) or min(seeds) < 0:
        raise ConfigError([f"seeds: got {seeds}; expected different whole numbers from 0 up."])
    return tuple(seeds)


def _parse_task(name: str, entry: object) -> TaskConfig:
    return parse(TaskConfig, entry, f"tasks.{name}")


def _parse_experiment(
    name: str,
    raw_entry: object,
    raw: dict[str, Any],
    tasks: dict[str, TaskConfig],
    seeds: tuple[int, ...],
    hardware: HardwareConfig,
) -> Experiment:
    at = f"experiments.{name}"
    entry = parse(ExperimentEntry, raw_entry, at)
    raw_tasks, raw_families = raw.get("tasks") or {}, raw.get("families") or {}
    mistakes = _missing(at, "task", entry.task, list(raw_tasks))
    mistakes += _missing(at, "family", entry.family, list(raw_families))
    if mistakes:
        raise ConfigError(mistakes)
    family = _resolve_family(at, entry, raw_families[entry.family])
    if entry.task not in tasks:
        raise ConfigError([])
    task = tasks[entry.task]
    obstacle = family.cannot(task.kind, input_kind(task))
    if obstacle:
        raise ConfigError([f"{at}: {entry.family!r} cannot do {entry.task!r}: {obstacle}"])
    return Experiment(name, entry.task, task, entry.family, family, seeds, hardware)


def _resolve_family(at: str, entry: ExperimentEntry, raw_family: object) -> FamilyConfig:
    if not entry.override or not isinstance(raw_family, dict):
        return parse(FamilyConfig, raw_family, f"families.{entry.family}")
    if "kind" in entry.override:
        raise ConfigError([f"{at}.override.kind: an override cannot change the kind of a family."])
    return parse(FamilyConfig, {**raw_family, **entry.override}, f"{at}.override")


def _missing(at: str, key: str, name: str, valid: list[str]) -> list[str]:
    if name in valid:
        return []
    return [f"{at}.{key}: there is no {key} {name!r}; {nearest(name, valid)}"]
