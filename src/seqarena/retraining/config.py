"""The section `retraining` of params.yaml: what is retrained, from what, and under which gate."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from seqarena.errors import ConfigError
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.retraining.gate.settings import DataRules, GateConfig

PARAMS_FILE = Path("params.yaml")
SECTION = "retraining"


class RetrainingConfig(BaseModel):
    """One model that is kept fresh."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    task: str = ""
    """Name of an entry under `tasks`; empty: the name of this entry."""
    experiments: list[str] = Field(min_length=1)
    """Entries under `experiments`, all of that task. Of several the one with the lowest loss on the
    validation split is the challenger, and of its seeds the best: never chosen by the test."""
    registered_model: str = ""
    """Name in MLflow's registry; empty: the name of this entry."""
    imports: list[str] = []
    """Files of DVC (`….dvc`, made by `dvc import-url` or `dvc import`) that are updated first."""
    data: DataRules = DataRules()
    """What new data must be."""
    gate: GateConfig = GateConfig()
    """What a challenger must be."""
    warm_start: bool = False
    """Whether fits begin from the champion, as `--warm-start` asks for once."""


def read_retraining(name: str, path: Path = PARAMS_FILE) -> RetrainingConfig:
    """Read one entry, and check that what it names is there; families are not looked at.

    Raises:
        ConfigError: there is no such entry, or it is wrong: a line for each mistake.
    """
    raw = read_yaml(path)
    section = raw.get(SECTION)
    if not isinstance(section, dict) or name not in section:
        known = [str(each) for each in section] if isinstance(section, dict) else []
        hint = nearest(name, known) if known else f"{path} has no section `{SECTION}` yet."
        raise ConfigError([f"{SECTION}.{name}: not there; {hint}"])
    return _checked(name, section[name], raw)


def check_retraining(path: Path = PARAMS_FILE) -> int:
    """Check every entry, and return how many there are.

    Raises:
        ConfigError: with a line for each mistake in any of them.
    """
    raw = read_yaml(path)
    section = raw.get(SECTION, {})
    if not isinstance(section, dict):
        raise ConfigError([f"{SECTION}: expected a mapping of names to entries, got {section!r}."])
    mistakes: list[str] = []
    for name, entry in section.items():
        try:
            _checked(str(name), entry, raw)
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)
    return len(section)


def _checked(name: str, entry: object, raw: dict[str, Any]) -> RetrainingConfig:
    at = f"{SECTION}.{name}"
    parsed: RetrainingConfig = parse(RetrainingConfig, entry, at)
    config = parsed.model_copy(
        update={
            "task": parsed.task or name,
            "registered_model": parsed.registered_model or name,
        }
    )
    if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
        raise ConfigError([f"{at}: a name holds letters, digits, '_' and '-' only."])
    tasks, experiments = raw.get("tasks") or {}, raw.get("experiments") or {}
    mistakes = []
    if config.task not in tasks:
        mistakes.append(f"{at}.task: no {config.task!r}; {nearest(config.task, list(tasks))}")
    for each in config.experiments:
        if each not in experiments:
            mistakes.append(f"{at}.experiments: no {each!r}; {nearest(each, list(experiments))}")
        elif (task := experiments[each].get("task")) != config.task:
            mistakes.append(f"{at}.experiments: {each!r} is on task {task!r}, not {config.task!r}.")
    mistakes += [
        f"{at}.imports: {each!r} is no file of DVC here; name what `dvc import-url` wrote."
        for each in config.imports
        if not (each.endswith(".dvc") and (Path(each)).is_file())
    ]
    if mistakes:
        raise ConfigError(mistakes)
    return config
