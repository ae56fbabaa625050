"""Checkpoints that survive a kill at any instant, and hold nothing that could run.

A checkpoint is one safetensors file: tensors as they are, and the tree around them as JSON in its
header. Its name ends in the SHA-256 of its bytes; it is complete before it gets its name.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import torch
from lightning_fabric.plugins import CheckpointIO
from safetensors import safe_open
from safetensors.torch import load, save
from torch import Tensor

from seqarena.errors import ArtifactError
from seqarena.fitting.processes import whole

_SUFFIX = ".safetensors"
_N_KEPT = 2  # The newest, and one before it in case the disk spoils the newest.


def write_checkpoint(folder: Path, epoch: int, tree: dict[str, Any]) -> Path:
    """Write `tree` so that a reader finds either all of it or nothing; older ones are removed.

    Args:
        folder: Created when missing. Belongs to one fit.
        epoch: Epochs that are done; the newest checkpoint is the one with the most.
        tree: Nested dicts, lists and tuples of numbers, strings, None and tensors.

    Raises:
        ArtifactError: the tree holds something else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    content = _to_bytes(tree)
    name = f"epoch-{epoch:06d}.{hashlib.sha256(content).hexdigest()}{_SUFFIX}"
    temporary = folder / f"{name}.{os.getpid()}.part"
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(folder / name)
    _sync_folder(folder)
    for old in _newest_first(folder)[_N_KEPT:]:
        old.unlink()
    return folder / name


def read_checkpoint(path: Path) -> dict[str, Any]:
    """Read the tree back, tensors on the CPU.

    Raises:
        ArtifactError: the bytes are not those that were written.
    """
    if not is_intact(path):
        raise ArtifactError(
            f"{path}: its bytes do not have the SHA-256 in its name, so it was altered or cut short"
            " after it was written; delete it, and the fit goes on from the one before or anew."
        )
    with safe_open(path, framework="pt") as file:
        tree = json.loads(file.metadata()["tree"])
    unpacked: dict[str, Any] = _unpack(tree, load(path.read_bytes()))
    return unpacked


def is_intact(path: Path) -> bool:
    """Return whether the file's bytes have the SHA-256 that its name states."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return digest == path.name.removesuffix(_SUFFIX).rpartition(".")[2]


def newest_intact(folder: Path) -> Path | None:
    """Return the newest checkpoint of a folder that is intact; None when there is none."""
    return next((path for path in _newest_first(folder) if is_intact(path)), None)


class CheckpointFiles(CheckpointIO):
    """Makes Lightning write and read checkpoints our way; a path to write is a folder."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any | None = None
    ) -> None:
        """Write a checkpoint into the folder `path`."""
        del storage_options
        write_checkpoint(Path(path), int(checkpoint["epoch"]) + 1, checkpoint)

    def load_checkpoint(
        self,
        path: str | Path,
        map_location: Any | None = None,
        weights_only: bool | None = None,
    ) -> dict[str, Any]:
        """Read a checkpoint; everything that is loaded from it moves its own tensors."""
        del map_location, weights_only
        return read_checkpoint(Path(path))

    def remove_checkpoint(self, path: str | Path) -> None:
        """Delete a checkpoint."""
        Path(path).unlink(missing_ok=True)


def _to_bytes(tree: dict[str, Any]) -> bytes:
    tensors: dict[str, Tensor] = {}
    packed = _pack(tree, tensors)
    return bytes(save(tensors, metadata={"tree": json.dumps(packed)}))


def _pack(value: Any, tensors: dict[str, Tensor]) -> Any:
    """Replace what JSON lacks by marked lists: tensors by their names, tuples, and dicts."""
    match value:
        case Tensor():
            name = str(len(tensors))
            # A copy: tied weights share their memory, which safetensors refuses.
            tensors[name] = value.detach().to("cpu", copy=True).contiguous()
            return ["tensor", name]
        case dict():
            # As pairs, because the keys of an optimiser's state are integers.
            return ["dict", [[key, _pack(inner, tensors)] for key, inner in value.items()]]
        case list() | tuple():
            kind = "list" if isinstance(value, list) else "tuple"
            return [kind, [_pack(inner, tensors) for inner in value]]
        case None | bool() | int() | float() | str():
            return value
    raise ArtifactError(
        f"a checkpoint cannot hold {value!r} of type {type(value).__name__}; it holds numbers,"
        " strings, None, tensors, and lists, tuples and dicts of them: store those instead."
    )


def _unpack(packed: Any, tensors: dict[str, Tensor]) -> Any:
    if not isinstance(packed, list):
        return packed
    kind, content = packed
    match kind:
        case "tensor":
            return tensors[content]
        case "dict":
            return {key: _unpack(inner, tensors) for key, inner in content}
        case "tuple":
            return tuple(_unpack(inner, tensors) for inner in content)
    return [_unpack(inner, tensors) for inner in content]


def _newest_first(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"epoch-*{_SUFFIX}"), reverse=True)


def _sync_folder(folder: Path) -> None:
    # Without this the rename itself may be lost in a power cut.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def cloned(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return a copy of a state dict on the CPU that nothing else writes to."""
    with torch.no_grad():
        return {name: whole(tensor).detach().to("cpu", copy=True) for name, tensor in state.items()}
