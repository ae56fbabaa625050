"""Small files in the place of published ones."""

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from seqarena.data.published.checksums import sha256_of
from seqarena.data.published.pictures import MNIST
from seqarena.data.published.record import Published
from seqarena.data.sources import mnist


def stand_in(published: Published, mirror: Path) -> Published:
    """The same data set, declared to be what lies in this mirror."""
    folder = mirror / published.folder
    files = tuple(
        replace(file, sha256=sha256_of(folder / file.path, file.checked))
        for file in published.files
        if (folder / file.path).is_file()
    )
    return replace(published, files=files)


def refusal(published: Published, path: str, variable: str) -> str:
    """What is said of a file that is neither in the mirror nor fetched."""
    return (
        f"{published.name}: {path} is not here ({variable}; data/published/{published.name} lacks "
        f"it). Licence: {published.licence}. Official: {' ; '.join(published.official)}. Either "
        f"fetch it by `seqarena data fetch {published.name}`, or set SEQARENA_MIRROR to the folder "
        f"that holds {published.folder}/{path}."
    )


def small_mnist(
    mirror: Path, monkeypatch: pytest.MonkeyPatch, n_train: int = 80
) -> dict[str, np.ndarray]:
    """Four files of MNIST's published form, of random pictures, in a mirror of their own."""
    generator = np.random.default_rng(0)
    arrays = {}
    for half, n in (("train", n_train), ("t10k", 20)):
        arrays[f"{half}-images"] = generator.integers(256, size=(n, 28, 28))
        arrays[f"{half}-labels"] = np.arange(n) % 10
    (mirror / MNIST.folder).mkdir()
    for name, array in arrays.items():
        file = mirror / MNIST.folder / f"{name}-idx{array.ndim}-ubyte.gz"
        file.write_bytes(gzip.compress(_idx(array)))
    monkeypatch.setattr(mnist, "MNIST", stand_in(MNIST, mirror))
    monkeypatch.setenv("SEQARENA_MIRROR", str(mirror))
    return arrays


def _idx(values: np.ndarray) -> bytes:
    """The published form: two zeros, 8 for bytes, the number of axes, their sizes, the bytes."""
    sizes = struct.pack(f">{values.ndim}I", *values.shape)
    return bytes([0, 0, 8, values.ndim]) + sizes + values.astype(np.uint8).tobytes()
