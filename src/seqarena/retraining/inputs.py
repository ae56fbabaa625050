"""What a retraining is a function of, hashed in a fraction of a second and without torch."""

import hashlib
import importlib.util
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.data.file_hash import code_files, path_sha256
from seqarena.experiment.stage_code import CODE_STAGES
from seqarena.parsing import parse, read_yaml
from seqarena.retraining.config import PARAMS_FILE, SECTION, RetrainingConfig
from seqarena.retraining.remembered import Remembered

_STAGES_FILE = Path("dvc.yaml")
_OWN_FAMILIES = "seqarena.families"
"""The entry points that `families.discovery` looks among; that module needs torch."""
_WORDS = {
    "data": "the data",
    "task": "the task (source, split or budget)",
    "models": "the settings of a model",
    "code": "the code",
    "gate": "the gate",
}
"""What each component stands for, in the order in which a change is told."""


@dataclass(frozen=True)
class Inputs:
    """A digest for each thing that a result depends on."""

    components: dict[str, str]

    @property
    def digest(self) -> str:
        """One for all of them: 16 hex digits."""
        return _digest(self.components)[:16]

    def changes(self, before: dict[str, str]) -> list[str]:
        """Say what differs from earlier components; all of them where there are none."""
        return [
            words for name, words in _WORDS.items() if self.components[name] != before.get(name)
        ]

    def data_changed(self, before: dict[str, str]) -> bool:
        """Say whether what is prepared may be other data."""
        return any(self.components[name] != before.get(name) for name in ("data", "task"))


def read_inputs(name: str, config: RetrainingConfig, remembered: Remembered) -> Inputs:
    """Hash what params.yaml, the user's own files and the code say now.

    Where fits begin is none of it: to ask for another start alone is no reason to fit again.

    Args:
        name: of the entry.
        config: the entry.
        remembered: what the last look found; learns what this one finds.

    Raises:
        ConfigError: the task's entry is wrong.
    """
    code = _code_digest(remembered)
    settings = _settings(name, config, code, remembered)
    own_code = _files_digest(map(Path, settings["own_code"]), remembered)
    data = (*map(Path, settings["own_paths"]), *map(Path, config.imports))
    return Inputs(
        {
            "data": _files_digest(data, remembered),
            "task": settings["task"],
            "models": settings["models"],
            "code": _digest([code, own_code]) if settings["own_code"] else code,
            "gate": settings["gate"],
        }
    )


def _settings(
    name: str, config: RetrainingConfig, code: str, remembered: Remembered
) -> dict[str, Any]:
    """Return the components that params.yaml decides on, and where the user's own files are.

    To parse a task imports every source that there is: it is done again when params.yaml changed,
    or the code that reads it.
    """
    about, of = f"settings of {name}", _digest([remembered.sha256(PARAMS_FILE), code])
    known: dict[str, Any] | None = remembered.fact(about, of)
    # A package of the user's own may be installed from another folder by now.
    if known is not None and (not known["own_code"] or known["own_code"] == _places(known)):
        return known
    found = _parsed_settings(name, config)
    remembered.learn(about, of, found)
    return found


def _parsed_settings(name: str, config: RetrainingConfig) -> dict[str, Any]:
    from seqarena.tasks.config import TaskConfig

    raw = read_yaml(PARAMS_FILE)
    task: TaskConfig = parse(TaskConfig, raw["tasks"][config.task], f"tasks.{config.task}")
    experiments = {each: raw["experiments"][each] for each in config.experiments}
    families = {
        entry["family"]: raw["families"].get(entry["family"]) for entry in experiments.values()
    }
    models = [experiments, families, raw.get("hardware"), raw.get("seeds")]
    models += _budgets(raw, experiments)
    free = ("imports", "warm_start")
    rules = {key: value for key, value in raw[SECTION][name].items() if key not in free}
    kinds = {str(each.get("kind")) for each in families.values() if isinstance(each, dict)}
    return {
        "task": _digest(raw["tasks"][config.task]),
        "models": _digest(models),
        "gate": _digest(rules),
        "own_paths": [str(path) for path in task.source.own_paths],
        "own_code": [str(path) for path in _own_code(kinds)],
        "kinds": sorted(kinds),
    }


def _places(known: dict[str, Any]) -> list[str]:
    return [str(path) for path in _own_code(known["kinds"]) if path.exists()]


def _budgets(raw: dict[str, Any], experiments: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what each experiment may cost, from which its width and settings follow."""
    if raw.get("budget") is None:
        return []
    from seqarena.experiment.budget.resolve import budget_of_one

    return [
        budget_of_one(raw, name, entry["task"], entry["family"])
        for name, entry in experiments.items()
    ]


def _own_code(kinds: Iterable[str]) -> list[Path]:
    """Return the file or the folder of each package that brings a family along."""
    from importlib.metadata import entry_points

    found = set()
    for kind in kinds:
        for entry in entry_points(group=_OWN_FAMILIES, name=kind):
            spec = importlib.util.find_spec(entry.module.partition(".")[0])
            if spec is not None:
                places = spec.submodule_search_locations or [spec.origin or ""]
                found |= {Path(each) for each in places if each}
    return sorted(found)


def _files_digest(paths: Iterable[Path], remembered: Remembered) -> str:
    return _digest([(str(path), path_sha256(path, remembered.sha256)) for path in paths])


def _code_digest(remembered: Remembered) -> str:
    """Hash what dvc.yaml says the stages are made of."""
    files = sorted(file for dep in _declared(remembered) for file in code_files(Path(dep)))
    return _digest([(file.as_posix(), path_sha256(file, remembered.sha256)) for file in files])


def _declared(remembered: Remembered) -> list[str]:
    of = remembered.sha256(_STAGES_FILE)
    known: list[str] | None = remembered.fact("declared", of)
    if known is not None:
        return known
    stages = read_yaml(_STAGES_FILE)["stages"]
    declared = {dep for name in CODE_STAGES for dep in stages[name]["deps"]}
    remembered.learn("declared", of, sorted(declared))
    return sorted(declared)


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
