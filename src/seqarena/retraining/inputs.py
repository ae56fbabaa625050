"""What a retraining is a function of, hashed in a fraction of a second and without torch."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.data.content import path_sha256
from seqarena.parsing import parse, read_yaml
from seqarena.retraining.config import PARAMS_FILE, SECTION, RetrainingConfig
from seqarena.tasks.config import TaskConfig

_STAGES = ("prepare", "train", "evaluate")
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


def read_inputs(name: str, config: RetrainingConfig) -> Inputs:
    """Hash what params.yaml, the user's own files and the code say now.

    Where fits begin is none of it: to ask for another start alone is no reason to fit again.

    Args:
        name: of the entry.
        config: the entry.

    Raises:
        ConfigError: the task's entry is wrong.
    """
    raw = read_yaml(PARAMS_FILE)
    task: TaskConfig = parse(TaskConfig, raw["tasks"][config.task], f"tasks.{config.task}")
    experiments = {each: raw["experiments"][each] for each in config.experiments}
    families = {
        entry["family"]: raw["families"].get(entry["family"]) for entry in experiments.values()
    }
    models = [experiments, families, raw.get("hardware"), raw.get("seeds")]
    free = ("imports", "warm_start")
    rules = {key: value for key, value in raw[SECTION][name].items() if key not in free}
    return Inputs(
        {
            "data": _files_digest((*task.source.own_paths, *map(Path, config.imports))),
            "task": _digest(raw["tasks"][config.task]),
            "models": _digest(models),
            "code": _code_digest(),
            "gate": _digest(rules),
        }
    )


def _files_digest(paths: tuple[Path, ...]) -> str:
    return _digest([(str(path), path_sha256(path)) for path in paths])


def _code_digest() -> str:
    """Hash what dvc.yaml says the stages are made of."""
    stages = read_yaml(Path("dvc.yaml"))["stages"]
    declared = {dep for name in _STAGES for dep in _stage(stages, name)["deps"] if "${" not in dep}
    files = sorted(file for dep in declared for file in _sources(Path(dep)))
    return _digest([(file.as_posix(), path_sha256(file)) for file in files])


def _stage(stages: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = stages[name].get("do", stages[name])
    return found


def _sources(path: Path) -> list[Path]:
    """Return a file of code, or those of a folder; results like `data/checked.txt` are none."""
    if path.is_dir():
        return [
            file for file in path.rglob("*") if file.is_file() and "__pycache__" not in file.parts
        ]
    return [path] if path.suffix in (".py", ".lock") else []


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
