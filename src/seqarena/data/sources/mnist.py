"""MNIST: handwritten digits of 28 x 28 pixels, as rows, regions or single pixels."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Int, UInt8
from pydantic import Field

from seqarena.data.manifest import Manifest
from seqarena.data.own.image_source import Steps, picture_steps
from seqarena.data.part import Part, three_parts
from seqarena.data.pictures import PictureView, as_steps
from seqarena.data.published.checked_files import published_content
from seqarena.data.published.pictures import MNIST
from seqarena.data.published.record import Published
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.stratify import stratified_share
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_PATCH = (4, 4)
_GRID = (7, 7)
_SIZE = (28, 28)
_MAX_PIXEL = 255.0
_PERMUTATION_SEED = 0


class MnistConfig(SourceConfig):
    """The official test of a published data set (`seqarena data show mnist`)."""

    input_kind = "frames"
    kind: Literal["mnist"]
    view: PictureView = "rows"
    """`rows`: 28 steps of 28 pixels. `regions`: 49 steps of 4 x 4 pixels. `pixels`: 784 steps of
    one pixel, row by row. `permuted`: the same in one random order, which is fixed."""
    valid_share: float = Field(default=1 / 12, gt=0, lt=0.5)
    """Share of the 60,000 official training pictures that validates, the same of every digit."""
    n_train: int | None = Field(default=None, ge=10)
    """Training pictures kept, about as many of every digit as there are; None: all."""
    split_seed: int = Field(default=0, ge=0)
    """Seed of the choice of validation and training pictures."""

    @property
    def has_regions(self) -> bool:
        """Say whether the steps are regions."""
        return self.view == "regions"

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MNIST,)

    def frames_of(self, path: Path, manifest: Manifest) -> Steps:
        """Return the steps of a picture of somebody's own: a light digit on dark."""
        del manifest
        order = numpy_generator(_PERMUTATION_SEED, "mnist", "permutation")
        return picture_steps(path, _SIZE, self.view, _PATCH, order)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_mnist(self)


def read_mnist(config: MnistConfig) -> SourceData:
    """Read the four files, pixels scaled to 0..1.

    Raises:
        DataError: a file is missing or another one, or `n_train` is more
            than there are.
    """
    train, test = _read_half("train"), _read_half("t10k")
    kept, valid = _split(train.labels, config)
    parts = [
        _part(train, kept, config.view),
        _part(train, valid, config.view),
        _part(test, np.arange(len(test.labels)), config.view),
    ]
    is_regions = config.view == "regions"
    return SourceData(
        schema=DataSchema(
            "classification",
            dim=int(parts[0].sequences.values.shape[1]),
            n_classes=10,
            grid=_GRID if is_regions else None,
            patch=_PATCH if is_regions else None,
        ),
        parts=three_parts(*parts),
        provenance=MNIST.provenance(
            f"MNIST, handwritten digits ({MNIST.official[0]})", *(file.path for file in MNIST.files)
        ),
        protocol={
            "split": "the official test; validation is taken from the official training pictures, "
            "the same share of every digit, and is the same in every view",
            "split_seed": config.split_seed,
            "valid_share": config.valid_share,
            "n_train": config.n_train,
            "view": config.view,
            "permutation_seed": _PERMUTATION_SEED if config.view == "permuted" else None,
            "scored": "the label of each picture",
        },
        class_names=tuple(map(str, range(10))),
    )


class _Half(NamedTuple):
    """The pictures of an official half, and what they show."""

    name: str
    pictures: UInt8[np.ndarray, "pictures 28 28"]
    labels: Int[np.ndarray, "pictures"]


def _read_half(name: str) -> _Half:
    labels = _read(f"{name}-labels", 1).astype(np.int64)
    return _Half("test" if name == "t10k" else name, _read(f"{name}-images", 3), labels)


def _read(name: str, n_axes: int) -> UInt8[np.ndarray, "..."]:
    """Return the array of an IDX file: a word of four bytes, the size of each axis, the bytes."""
    content = published_content(MNIST, f"{name}-idx{n_axes}-ubyte.gz")
    sizes = np.frombuffer(content, dtype=">u4", count=n_axes, offset=4)
    values = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * n_axes)
    return values.reshape(sizes.astype(np.int64))


def _split(
    labels: Int[np.ndarray, "pictures"], config: MnistConfig
) -> tuple[Int[np.ndarray, "train"], Int[np.ndarray, "valid"]]:
    rows = np.arange(len(labels))
    generator = numpy_generator(config.split_seed, config.kind)
    valid = stratified_share(labels, rows, config.valid_share, generator)
    train = np.setdiff1d(rows, valid)
    if config.n_train is None:
        return train, valid
    if config.n_train > len(train):
        raise DataError(
            f"mnist: n_train is {config.n_train}, but validation leaves {len(train)} training "
            "pictures; lower one of them."
        )
    return stratified_share(labels, train, config.n_train / len(train), generator), valid


def _part(half: _Half, rows: Int[np.ndarray, "rows"], view: PictureView) -> Part:
    # Every part is put into the same order.
    order = numpy_generator(_PERMUTATION_SEED, "mnist", "permutation")
    pictures = half.pictures[rows].astype(np.float32) / np.float32(_MAX_PIXEL)
    return Part(
        sequences_of(
            list(as_steps(pictures, view, _PATCH, order)),
            labels=half.labels[rows].tolist(),
            ids=tuple(f"{half.name}-{row:05d}" for row in rows),
        )
    )
