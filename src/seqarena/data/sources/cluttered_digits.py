"""One digit among pieces of others on a larger canvas: which is it, and where was it?"""

from importlib.metadata import version
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from seqarena.data.links import links_of
from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.own.image_source import Steps, picture_steps
from seqarena.data.part import Part, three_parts
from seqarena.data.pictures import as_regions
from seqarena.data.published.pictures import MNIST
from seqarena.data.published.record import Published
from seqarena.data.sources import mnist
from seqarena.data.sources.drawn import DrawnConfig
from seqarena.data.sources.handwritten_digits import CITATION, MAX_PIXEL, split_rows
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_CITATION = (
    "V. Mnih, N. Heess, A. Graves, K. Kavukcuoglu (2014). Recurrent models of visual attention. "
    "NeurIPS, section 4.1 (cluttered translated MNIST)."
)


class Frame(NamedTuple):
    """Sides of what is drawn [pixels]."""

    canvas: int
    digit: int
    piece: int
    """Of a piece of clutter."""
    patch: int
    """Of a region."""


FRAMES = {"scikit_learn": Frame(24, 8, 4, 4), "mnist": Frame(60, 28, 8, 6)}


class Digits(NamedTuple):
    """Pictures, what they show, and which of them each split may use."""

    pictures: Float[np.ndarray, "pictures side side"]
    labels: Int[np.ndarray, "pictures"]
    rows: dict[Split, Int[np.ndarray, "_"]]
    provenance: Provenance


class ClutteredDigitsConfig(DrawnConfig):
    """Whose digits, and how many pieces of other digits lie around."""

    input_kind = "frames"
    kind: Literal["cluttered_digits"]
    digits: Literal["scikit_learn", "mnist"] = "scikit_learn"
    """`scikit_learn`: 8 x 8 pixels on a canvas of 24 x 24, in 6 x 6 regions; needs nothing.
    `mnist`: 28 x 28 on 60 x 60, in 10 x 10 regions, of a published data set (`seqarena data show
    mnist`)."""
    n_pieces: int = Field(default=4, ge=0, le=64)
    """Pieces of other digits, of a quarter of a digit's area or less, at random places."""
    n_train: int = Field(default=4_000, ge=1)
    """Training pictures."""

    @property
    def has_regions(self) -> bool:
        """Say that the steps are regions."""
        return True

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MNIST,) if self.digits == "mnist" else ()

    def frames_of(self, path: Path, manifest: Manifest) -> Steps:
        """Return the regions of a picture of somebody's own: a light digit on dark."""
        del manifest
        frame = FRAMES[self.digits]
        size, patch = (frame.canvas, frame.canvas), (frame.patch, frame.patch)
        return picture_steps(path, size, "regions", patch)

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_cluttered_digits(self)


def draw_cluttered_digits(config: ClutteredDigitsConfig) -> SourceData:
    """Draw the pictures; no handwritten digit, and no piece of one, is in two splits.

    Raises:
        DataError: the files of MNIST are not there, or not the published ones.
    """
    frame = FRAMES[config.digits]
    digits = _scikit_learn() if config.digits == "scikit_learn" else _mnist()
    side = frame.canvas // frame.patch
    return SourceData(
        schema=DataSchema(
            "classification",
            dim=frame.patch**2,
            n_classes=10,
            grid=(side, side),
            patch=(frame.patch, frame.patch),
        ),
        parts=three_parts(*(_part(config, digits, frame, split) for split in Split)),
        provenance=digits.provenance,
        protocol={
            "split": "no handwritten digit is in pictures of two splits",
            "digits": config.digits,
            "n_pieces": config.n_pieces,
            "seed": config.seed,
            "region": "the regions that show a pixel of the digit; chance is their share of all",
            "scored": "the label of each picture",
        },
        class_names=tuple(map(str, range(10))),
    )


def _part(config: ClutteredDigitsConfig, digits: Digits, frame: Frame, split: Split) -> Part:
    generator = numpy_generator(config.seed, config.kind, split.value)
    rows = digits.rows[split]
    chosen = generator.choice(rows, size=config.sizes()[split])
    pictures, regions, names = [], [], []
    for at, row in enumerate(chosen.tolist()):
        digit, corner = placed(digits.pictures[row], frame.canvas, generator)
        others = rows[digits.labels[rows] != digits.labels[row]]
        clutter = [
            _piece(digits.pictures[other], frame, generator)
            for other in generator.choice(others, size=config.n_pieces)
        ]
        whole = np.max([digit, *clutter], axis=0)
        both = as_regions(np.stack([whole, digit]), (frame.patch, frame.patch))
        pictures.append(both[0])
        regions.append(np.flatnonzero((both[1] > 0).any(axis=1)))
        names.append(f"{split.value}-{at:05d} {row:05d} at {corner[0]},{corner[1]}")
    return Part(
        sequences_of(pictures, labels=digits.labels[chosen].tolist(), ids=tuple(names)),
        links=links_of([np.stack([own, np.zeros_like(own)], axis=1) for own in regions]),
    )


def placed(
    picture: Float[np.ndarray, "height width"], canvas: int, generator: np.random.Generator
) -> tuple[Float[np.ndarray, "canvas canvas"], tuple[int, int]]:
    """Return a black canvas with the picture at a random place, and its upper left corner."""
    height, width = picture.shape
    row = int(generator.integers(canvas - height + 1))
    column = int(generator.integers(canvas - width + 1))
    whole = np.zeros((canvas, canvas))
    whole[row : row + height, column : column + width] = picture
    return whole, (row, column)


def _piece(
    picture: Float[np.ndarray, "side side"], frame: Frame, generator: np.random.Generator
) -> Float[np.ndarray, "canvas canvas"]:
    row, column = generator.integers(frame.digit - frame.piece + 1, size=2)
    cut = picture[row : row + frame.piece, column : column + frame.piece]
    return placed(cut, frame.canvas, generator)[0]


def _scikit_learn() -> Digits:
    # Imported here: scikit-learn's datasets take a second, and most other sources need them not.
    from sklearn.datasets import load_digits

    found = load_digits()
    provenance = Provenance(
        description="handwritten digits of the test half of the UCI set, as shipped with "
        "scikit-learn, among pieces of others; drawn from a seed",
        licence="CC BY 4.0 (data), BSD-3-Clause (scikit-learn)",
        citation=f"{CITATION} {_CITATION}",
        versions={"scikit-learn": version("scikit-learn")},
    )
    rows = dict(zip(Split, split_rows(found.target), strict=True))
    return Digits(found.images / MAX_PIXEL, found.target, rows, provenance)


def _mnist() -> Digits:
    """Return MNIST's pictures in its own official split, with its default validation."""
    source = mnist.read_mnist(mnist.MnistConfig(kind="mnist"))
    parts = {split: part.sequences for split, part in source.parts.items()}
    pictures = np.concatenate([each.values.reshape(len(each), 28, 28) for each in parts.values()])
    labels = np.concatenate([_labels(each.labels) for each in parts.values()])
    ends = np.cumsum([0, *(len(each) for each in parts.values())])
    rows = {split: np.arange(ends[at], ends[at + 1]) for at, split in enumerate(parts)}
    provenance = Provenance(
        description=f"{source.provenance.description}, among pieces of others; drawn from a seed",
        licence=source.provenance.licence,
        citation=f"{source.provenance.citation} {_CITATION}",
        versions=source.provenance.versions,
    )
    return Digits(pictures, labels, rows, provenance)


def _labels(labels: Int[np.ndarray, "_"] | None) -> Int[np.ndarray, "_"]:
    return np.zeros(0, dtype=np.int64) if labels is None else labels
