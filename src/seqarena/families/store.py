"""Models on disk: safetensors and JSON, for every family, verified byte for byte when read."""

import hashlib
import json
from pathlib import Path
from typing import Any

from safetensors.torch import load as load_tensors
from safetensors.torch import save as dump_tensors

from seqarena.errors import ArtifactError
from seqarena.families.catalogue import (
    AnyFamily,
    AnyFamilyConfig,
    build_family,
    parse_family,
)
from seqarena.parsing import parse
from seqarena.schema import DataSchema

CONFIG_FILE = "config.json"
MODEL_FILE = "model.safetensors"


def save_family(
    folder: Path,
    family: AnyFamily,
    config: AnyFamilyConfig,
    schema: DataSchema,
    provenance: dict[str, Any],
) -> None:
    """Write `model.safetensors` and `config.json`, which holds the checksums of both.

    Args:
        folder: made if absent.
        family: a fitted model.
        config: what it was built from.
        schema: the data that it was built for.
        provenance: whatever else a reader must know (experiment, seed, data hashes), JSON-ready.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.detach().cpu().contiguous() for name, value in family.state_dict().items()}
    payload = dump_tensors(state)
    content = {
        "family": config.model_dump(mode="json"),
        "schema": schema.as_dict(),
        "provenance": provenance,
    }
    checksums = {"model": _sha256(payload), "content": _sha256(_canonical(content))}
    (folder / MODEL_FILE).write_bytes(payload)
    (folder / CONFIG_FILE).write_text(
        json.dumps({**content, "sha256": checksums}, indent=2, ensure_ascii=False) + "\n"
    )


def load_family(folder: Path, own: type[AnyFamilyConfig] | None = None) -> AnyFamily:
    """Return the model that `save_family` wrote.

    Args:
        folder: that it was written to.
        own: settings of a family that no entry point names yet.

    Raises:
        ArtifactError: a file is missing, truncated or altered; both checksums are named.
    """
    content, checksums = read_config(folder)
    payload = _read(folder / MODEL_FILE)
    _verify(folder / MODEL_FILE, _sha256(payload), checksums["model"])
    config: AnyFamilyConfig = (
        parse_family(content["family"], at="family")
        if own is None
        else parse(own, content["family"], at="family")
    )
    family = build_family(config, DataSchema.from_dict(content["schema"]), seed=0)
    family.load_state_dict(load_tensors(payload))
    family.eval()
    return family


def read_config(folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the verified content of `config.json`, and the checksums that it holds.

    Raises:
        ArtifactError: the file is missing, not JSON, or altered.
    """
    path = folder / CONFIG_FILE
    try:
        document = json.loads(_read(path))
        found = document.pop("sha256")
        checksums = {name: str(found[name]) for name in ("model", "content")}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: not a whole config.json ({error}); train it again.") from None
    _verify(path, _sha256(_canonical(document)), checksums["content"])
    return document, checksums


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; train the experiment again.") from None


def _verify(path: Path, actual: str, expected: str) -> None:
    if actual != expected:
        raise ArtifactError(
            f"{path}: truncated or altered: its sha256 is {actual}, {expected} was written; "
            "restore it with `dvc checkout --force`, or train the experiment again."
        )


def _canonical(content: dict[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, ensure_ascii=False).encode()


def _sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()
