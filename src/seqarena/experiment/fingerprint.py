"""The identity of a fit: what it is a function of, and nothing else."""

import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import seqarena
from seqarena.data.manifest import Manifest
from seqarena.experiment.suite import Experiment

# What a fit executes. Judging and telling (floors 5 and 6) cannot change its result.
_FITTING_CODE = ("attention", "inference", "data", "networks", "fitting", "families")


def fingerprint(experiment: Experiment, manifest: Manifest, seed: int) -> str:
    """Return 16 hex digits that change with the settings, the data, the code or the seed."""
    identity: dict[str, Any] = {
        "experiment": experiment.name,
        "family": experiment.family.model_dump(mode="json"),
        "training": experiment.task.training.model_dump(mode="json"),
        "hardware": experiment.hardware.model_dump(mode="json"),
        "schema": manifest.schema.as_dict(),
        "data": manifest.content_hashes(),
        "code": code_digest(),
        "seed": seed,
    }
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@cache
def code_digest() -> str:
    """Return one hash over every source file that a fit can execute."""
    root = Path(next(iter(seqarena.__path__)))
    files = sorted(root.glob("*.py"))
    files += sorted(path for name in _FITTING_CODE for path in (root / name).rglob("*.py"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
