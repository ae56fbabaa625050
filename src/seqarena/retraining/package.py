"""What a version of the registry is made of: a model to serve, and the data that judges it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from seqarena.experiment.fit_seed import REPORT_FILE
from seqarena.retraining.data_version import DataVersion, keep_version
from seqarena.retraining.serving.loader import DATA_FOLDER
from seqarena.retraining.serving.package import package as package_model
from seqarena.tasks.config import TaskConfig

PACKAGE = "package"
"""Folder of a package within a decision, and among the files of its run."""
MODEL = "model"
DATA = "data"


def package(
    fit: Path,
    version: DataVersion,
    prepared: Path,
    out: Path,
    task: TaskConfig,
    facts: Mapping[str, str],
) -> None:
    """Write the package of a fit: everything that answering, judging and going back need.

    `model/` is an MLflow model (signature, input example, code, requirements, and the fit in
    safetensors and JSON); `data/` the test split and the portrait of what was fitted.

    Args:
        fit: folder of the fit.
        version: the data that it was fitted to and judged on.
        prepared: folder of that data.
        out: made; must not be there.
        task: settings of the task, which know how texts and files are read.
        facts: what the model says of itself besides.

    Raises:
        ArtifactError: the fit is missing, altered, or of other data.
    """
    package_model(fit, prepared, out / MODEL, task, facts)
    keep_version(version, prepared, out / DATA)
    shutil.copy(fit / REPORT_FILE, out / REPORT_FILE)


def fit_in(package: Path) -> Path:
    """Return the folder of the fit within a package."""
    return package / MODEL / DATA_FOLDER
