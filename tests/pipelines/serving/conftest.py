"""Fits, packages and a registry that all tests of serving share."""

import sys
from pathlib import Path

import mlflow
import pytest
from serving_scenes import fit_everything, packaged


@pytest.fixture(scope="session")
def root(tmp_path_factory):
    """A folder in which everything is fitted."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("DVC_ROOT", raising=False)
        fit_everything(folder)
    return folder


@pytest.fixture(autouse=True)
def _here(root, monkeypatch):
    monkeypatch.chdir(root)
    monkeypatch.delenv("DVC_ROOT", raising=False)
    # MLflow puts the code of a model in front of everything else, for good.
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture(scope="session")
def model(root, tmp_path_factory):
    """Packaged models by experiment; each is packaged once."""
    folder = tmp_path_factory.mktemp("models")

    def of(experiment: str) -> Path:
        out = folder / experiment
        return out if out.exists() else packaged(root, experiment, out)

    return of


@pytest.fixture(scope="session")
def registry(model, tmp_path_factory):
    """A store in which two models are registered, one of them as the champion of its task."""
    folder = tmp_path_factory.mktemp("registry")
    address = f"sqlite:///{folder / 'mlflow.db'}"
    client = mlflow.MlflowClient(tracking_uri=address, registry_uri=address)
    experiment = client.create_experiment("dates", (folder / "artifacts").as_uri())
    run = client.create_run(experiment)
    client.log_artifacts(run.info.run_id, str(model("dates-gru")), "model")
    client.create_registered_model("dates")
    source = f"{run.info.artifact_uri}/model"
    version = client.create_model_version("dates", source, run.info.run_id)
    client.set_registered_model_alias("dates", "champion", version.version)
    return address
