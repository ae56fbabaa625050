"""Models by whatever a user calls them: experiments, fits, champions of tasks."""

from pathlib import Path

from seqarena.answering.fitted_task import FittedTask
from seqarena.errors import ArtifactError
from seqarena.experiment.fitted import find_fit
from seqarena.experiment.fitted_task import open_fit, prepared_of, task_of
from seqarena.experiment.layout import PARAMS_FILE, Workspace
from seqarena.parsing import read_yaml
from seqarena.retraining.serving.package import package
from seqarena.retraining.serving.registered import SCHEME, champion_of, load_registered
from seqarena.tracking.location import locate_store


def open_model(name: str, seed: int | None, workspace: Workspace) -> FittedTask:
    """Return the model that a user means.

    Args:
        name: an address in the registry (`models:/NAME@champion`); else what `find_fit` knows (an
            experiment, a folder of a fit, a run in MLflow); else a task, whose champion it is.
        seed: of an experiment.
        workspace: where to look.

    Raises:
        ArtifactError: there is no such model, or its files are altered.
        ConfigError: params.yaml does not know its task any more.
        DataError: a seed is given for something that is one fit by itself.
    """
    location = locate_store(workspace.home)
    if name.startswith(SCHEME):
        return load_registered(name, location)
    try:
        return open_fit(find_fit(name, seed, workspace))
    except ArtifactError:
        params = workspace.root / PARAMS_FILE
        if not params.is_file() or name not in (read_yaml(params).get("tasks") or {}):
            raise
    return load_registered(champion_of(name), location)


def package_fit(run: str, seed: int | None, out: Path, workspace: Workspace) -> Path:
    """Package the fit that a user means; see `package` and `find_fit`, whose errors these are."""
    fit = find_fit(run, seed, workspace)
    return package(fit.folder, prepared_of(fit), out, task_of(fit))
