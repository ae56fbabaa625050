"""Models of the registry, loaded without MLflow's own loader: files, checksums, and no code."""

import tempfile
from pathlib import Path

from seqarena.answering.fitted_task import FittedTask
from seqarena.errors import ArtifactError
from seqarena.retraining.serving.loader import load_packaged
from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.location import StoreLocation, redact

SCHEME = "models:/"


def champion_of(task: str) -> str:
    """Return the address of the model that serves a task."""
    return f"{SCHEME}{task}@champion"


def load_registered(address: str, location: StoreLocation) -> FittedTask:
    """Return a registered model: `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        ArtifactError: there is no such model, it cannot be fetched, or a file of it is altered.
    """
    if location.database is not None and not location.database.exists():
        raise ArtifactError(f"{address}: there is no registry at {location}; nothing was promoted.")
    # A heavy import, which nothing else here needs.
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    # MLflow resolves an alias at its default registry, whatever registry it is given.
    registry = {**PATIENT, "MLFLOW_REGISTRY_URI": location.tracking_uri}
    with client_environment(registry), tempfile.TemporaryDirectory() as scratch:
        try:
            folder = download_artifacts(
                artifact_uri=address,
                dst_path=scratch,
                tracking_uri=location.tracking_uri,
                registry_uri=location.tracking_uri,
            )
        except (MlflowException, OSError) as error:
            told = redact(str(error)).splitlines()[0]
            raise ArtifactError(
                f"{address}: cannot be had from {location} ({told}); look at the registered "
                "models with `seqarena ui`."
            ) from None
        return load_packaged(Path(folder))
