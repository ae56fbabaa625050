"""The identity of a fit: what it is a function of, and nothing else."""

import hashlib
import json
import platform
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import seqarena
from seqarena.data.manifest import Manifest
from seqarena.experiment.suite import Experiment
from seqarena.families.discovery import code_digest_of
from seqarena.families.own_family import OwnFamilyConfig

# What makes the files of a fit: the model, its journal and its report. What draws the maps over
# training is not among it: a picture that looks otherwise is no other fit.
_CODE = (
    "attention",
    "batch.py",
    "data",
    "experiment/fit_seed.py",
    "families",
    "fitting",
    "inference",
    "logspace.py",
    "networks",
    "schema.py",
    "seeds.py",
    "tracking",
)
_LIBRARIES = ("hmmlearn", "numpy", "pytorch-lightning", "scikit-learn", "torch")


def fingerprint(
    experiment: Experiment, manifest: Manifest, seed: int, start: str | None = None
) -> str:
    """Return 16 hex digits that change with settings, data, code, libraries, seed and start.

    Args:
        experiment: which is fitted.
        manifest: of its data.
        seed: of the fit.
        start: checksum of the earlier fit that it begins from; None: it starts anew.
    """
    identity: dict[str, Any] = {
        "experiment": experiment.name,
        "family": experiment.family.model_dump(mode="json"),
        "training": experiment.task.training.model_dump(mode="json"),
        "hardware": experiment.hardware.model_dump(mode="json"),
        "schema": manifest.schema.as_dict(),
        "data": manifest.content_hashes(),
        "code": code_digest(),
        "libraries": {name: version(name) for name in _LIBRARIES},
        "python": platform.python_version(),
        "seed": seed,
    }
    if start is not None:
        identity["start"] = start
    if isinstance(experiment.family, OwnFamilyConfig):
        identity["own_code"] = code_digest_of(type(experiment.family))
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@cache
def code_digest() -> str:
    """Return one hash over every source file that a fit can execute."""
    root = Path(next(iter(seqarena.__path__)))
    roots = [root / name for name in _CODE]
    files = sorted(
        file for path in roots for file in (path.rglob("*.py") if path.is_dir() else [path])
    )
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
