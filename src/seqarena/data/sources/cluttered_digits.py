"""One digit among pieces of others on a larger canvas: which is it, and where was it?"""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float
from pydantic import Field

from seqarena.data.links import links_of
from seqarena.data.manifest import Manifest
from seqarena.data.own.image_source import Steps, picture_steps
from seqarena.data.part import Part, three_parts
from seqarena.data.pictures import as_regions
from seqarena.data.published.record import Published
from seqarena.data.sources.digit_pictures import (
    DigitPictures,
    Digits,
    digits_of,
    published_digits,
)
from seqarena.data.sources.drawn import DrawnConfig
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
    piece: int
    """Of a piece of clutter."""
    patch: int
    """Of a region."""


FRAMES: dict[DigitPictures, Frame] = {"scikit_learn": Frame(24, 4, 4), "mnist": Frame(60, 8, 6)}


class ClutteredDigitsConfig(DrawnConfig):
    """Whose digits, and how many pieces of other digits lie around."""

    input_kind = "frames"
    kind: Literal["cluttered_digits"]
    digits: DigitPictures = "scikit_learn"
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
        return published_digits(self.digits)

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
    digits = digits_of(config.digits)
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
        provenance=digits.drawn(
            f"{digits.provenance.description}, among pieces of others; drawn from a seed", _CITATION
        ),
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
    row, column = generator.integers(len(picture) - frame.piece + 1, size=2)
    cut = picture[row : row + frame.piece, column : column + frame.piece]
    return placed(cut, frame.canvas, generator)[0]
