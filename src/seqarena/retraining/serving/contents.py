"""What of a packaged model is ours: safetensors and JSON, verified byte for byte when read."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from seqarena.answering.fitted_task import FittedTask
from seqarena.data.file_hash import file_sha256
from seqarena.data.manifest import Manifest, read_manifest, write_manifest
from seqarena.errors import ArtifactError
from seqarena.families.store import CONFIG_FILE, MODEL_FILE, load_family
from seqarena.tasks.config import TaskConfig

CONTENTS_FILE = "contents.json"
"""The settings of the task, and the checksum of every file beside it; sealed with its own."""
_SEAL = "sha256"
_REMEDY = "take the model from the registry again, or package the fit again."


def write_contents(
    folder: Path, fit: Path, manifest: Manifest, task: TaskConfig, title: str
) -> None:
    """Copy a fit, and write what its data and its task are beside it.

    Args:
        folder: made; it must not be there.
        fit: folder of the fit.
        manifest: of the data that it was fitted to.
        task: its settings: they know how texts and files are read.
        title: which fit it is, in a line.
    """
    folder.mkdir(parents=True)
    for name in (CONFIG_FILE, MODEL_FILE):
        shutil.copyfile(fit / name, folder / name)
    write_manifest(folder, manifest)
    content = {
        "title": title,
        "task": task.model_dump(mode="json"),
        "files": {path.name: file_sha256(path) for path in sorted(folder.iterdir())},
    }
    text = json.dumps({**content, _SEAL: _seal(content)}, indent=2, ensure_ascii=False)
    (folder / CONTENTS_FILE).write_text(f"{text}\n", encoding="utf-8")


def read_contents(folder: Path) -> FittedTask:
    """Return the model that `write_contents` wrote.

    Raises:
        ArtifactError: a file is missing, truncated or altered, or of another version of seqarena.
    """
    content = _verified(folder / CONTENTS_FILE)
    for name, expected in content["files"].items():
        path = folder / name
        if not path.is_file():
            raise ArtifactError(f"{path}: missing; {_REMEDY}")
        _refuse_difference(path, file_sha256(path), expected)
    task = _task(content["task"], folder / CONTENTS_FILE)
    return FittedTask(load_family(folder), read_manifest(folder), task, str(content["title"]))


def _verified(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        expected = str(content.pop(_SEAL))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; {_REMEDY}") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path}: not a whole {path.name} ({error!r}); {_REMEDY}") from None
    _refuse_difference(path, _seal(content), expected)
    return content


def _refuse_difference(path: Path, actual: str, expected: str) -> None:
    if actual != expected:
        raise ArtifactError(
            f"{path}: truncated or altered: its sha256 is {actual}, {expected} was written; "
            f"{_REMEDY}"
        )


def _task(fields: dict[str, Any], path: Path) -> TaskConfig:
    """Parse by way of JSON, whose lists may become tuples under strict validation."""
    try:
        task: TaskConfig = TypeAdapter(TaskConfig).validate_json(json.dumps(fields))
    except ValidationError as error:
        raise ArtifactError(
            f"{path}: its task was written by another version of seqarena ({error.error_count()} "
            "settings do not fit); serve it with the code that it brings along, or package the "
            "fit again."
        ) from None
    return task


def _seal(content: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
