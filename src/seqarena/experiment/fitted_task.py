"""A fit of a workspace, with all that an answer to somebody's own example needs."""

from pathlib import Path

from seqarena.answering.fitted_task import FittedTask
from seqarena.data.manifest import read_manifest
from seqarena.errors import ConfigError
from seqarena.experiment.fitted import FoundFit, load_fitted
from seqarena.experiment.layout import PARAMS_FILE
from seqarena.parsing import nearest, parse, read_yaml
from seqarena.tasks.config import TaskConfig


def open_fit(fit: FoundFit) -> FittedTask:
    """Return a fit that was found (`find_fit`), loaded beside its task.

    Raises:
        ArtifactError: its files are altered, or it was fitted to other data.
        ConfigError: params.yaml does not know its task any more.
    """
    provenance = fit.provenance
    manifest, config = read_manifest(prepared_of(fit)), task_of(fit)
    family, _ = load_fitted(fit.folder, manifest)
    title = f"{provenance['experiment']}, seed {provenance['seed']}"
    return FittedTask(family, manifest, config, title)


def prepared_of(fit: FoundFit) -> Path:
    """Return the folder of the data that a fit was fitted to."""
    return fit.root / "data" / "prepared" / str(fit.provenance["task"])


def task_of(fit: FoundFit) -> TaskConfig:
    """Return the settings of a fit's task, whose source knows how to read.

    Raises:
        ConfigError: params.yaml does not know it any more.
    """
    task = str(fit.provenance["task"])
    tasks = read_yaml(fit.root / PARAMS_FILE).get("tasks") or {}
    if task not in tasks:
        raise ConfigError(
            [f"tasks.{task}: not in {fit.root / PARAMS_FILE}; {nearest(task, list(tasks))}"]
        )
    config: TaskConfig = parse(TaskConfig, tasks[task], f"tasks.{task}")
    return config
