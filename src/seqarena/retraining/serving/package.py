"""A fit as a folder that MLflow can serve, register and load."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

import seqarena
from seqarena.answering.fitted_task import FittedTask
from seqarena.data.manifest import Manifest, read_manifest
from seqarena.errors import ArtifactError
from seqarena.experiment.fitted import load_fitted
from seqarena.families.store import read_config
from seqarena.retraining.serving import loader
from seqarena.retraining.serving.contents import read_contents, write_contents
from seqarena.retraining.serving.example import input_example
from seqarena.retraining.serving.quiet_mlflow import quiet_pyfunc
from seqarena.retraining.serving.requirements import pinned_requirements
from seqarena.retraining.serving.signature import signature_of
from seqarena.tasks.config import TaskConfig

Rows = list[dict[str, Any]]


def package(
    fit: Path,
    prepared: Path,
    out: Path,
    task: TaskConfig,
    facts: Mapping[str, str] | None = None,
) -> Path:
    """Write a fit as an MLflow model: data, code, signature, input example, requirements.

    The model answers its own example before it is written. Nothing in it is a pickle.

    Args:
        fit: folder of one fitted seed.
        prepared: folder of the data that it was fitted to.
        out: folder of the model; it must not be there. It appears whole, or not at all.
        task: settings of its task: their source knows how texts and files are read.
        facts: whatever else the model is to say of itself (metadata in `MLmodel`).

    Returns:
        `out`.

    Raises:
        ArtifactError: the fit or the manifest is missing or altered, the fit is of other data, or
            `out` is there.
    """
    if out.exists():
        raise ArtifactError(f"{out}: is there already; remove it, or name another folder.")
    manifest = read_manifest(prepared)
    family, _ = load_fitted(fit, manifest)
    content = read_config(fit)[0]
    provenance = content["provenance"]
    title = f"{provenance['experiment']}, seed {provenance['seed']}"
    told = {**_facts(provenance, manifest), **(facts or {})}
    with _appearing(out) as folder, tempfile.TemporaryDirectory() as scratch:
        contents = Path(scratch) / loader.DATA_FOLDER.name
        write_contents(contents, fit, manifest, task, title)
        example = input_example(FittedTask(family, manifest, task), prepared)
        _save(folder, contents, example, str(content["family"]["kind"]), told)
    return out


def _save(
    folder: Path, contents: Path, example: Rows, family_kind: str, facts: Mapping[str, str]
) -> None:
    """Let what was written answer the example, and let MLflow write the rest around it."""
    fitted = read_contents(contents)
    loader.ServedModel(fitted).predict(pd.DataFrame(example))
    with quiet_pyfunc() as pyfunc:
        pyfunc.save_model(
            path=str(folder),
            loader_module=loader.__name__,
            data_path=str(contents),
            code_paths=[str(Path(next(iter(seqarena.__path__))))],
            pip_requirements=pinned_requirements(family_kind),
            signature=signature_of(fitted.manifest),
            input_example=example,
            metadata=dict(facts),
        )


def _facts(provenance: dict[str, Any], manifest: Manifest) -> dict[str, str]:
    told = ("experiment", "task", "seed", "fingerprint")
    return {
        **{name: str(provenance[name]) for name in told},
        "task_kind": manifest.schema.task_kind,
        **{f"data.{name}": sha256 for name, sha256 in manifest.content_hashes().items()},
    }


@contextmanager
def _appearing(out: Path) -> Iterator[Path]:
    """Yield a folder beside `out`, which takes its name when all is written."""
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as scratch:
        partial = Path(scratch) / "model"
        yield partial
        partial.replace(out)
