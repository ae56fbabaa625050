"""Pictures of handwritten digits that other sources draw with: scikit-learn's, or MNIST's."""

from dataclasses import replace
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from seqarena.data.manifest import Provenance
from seqarena.data.published.pictures import MNIST
from seqarena.data.published.record import Published
from seqarena.data.sources import mnist
from seqarena.data.sources.handwritten_digits import MAX_PIXEL, digits_provenance, split_rows
from seqarena.data.splits import Split

DigitPictures = Literal["scikit_learn", "mnist"]

SIDES: dict[DigitPictures, int] = {"scikit_learn": 8, "mnist": 28}
"""Of a picture [pixels]."""


class Digits(NamedTuple):
    """Pictures, what they show, and which of them each split may use."""

    pictures: Float[np.ndarray, "pictures side side"]
    """Pixels from 0 to 1, light on dark."""
    labels: Int[np.ndarray, "pictures"]
    rows: dict[Split, Int[np.ndarray, "_"]]
    """No picture is in two splits."""
    provenance: Provenance
    """Of the pictures themselves."""

    def drawn(self, description: str, citation: str = "") -> Provenance:
        """Return where something comes from that was drawn with the pictures.

        Args:
            description: what was drawn.
            citation: of who drew such a thing first.
        """
        both = " ".join(filter(None, (self.provenance.citation, citation)))
        return replace(self.provenance, description=description, citation=both)


def published_digits(pictures: DigitPictures) -> tuple[Published, ...]:
    """Return the published data sets that the pictures stand in; scikit-learn ships its own."""
    return (MNIST,) if pictures == "mnist" else ()


def digits_of(pictures: DigitPictures) -> Digits:
    """Read the pictures.

    Raises:
        DataError: the files of MNIST are not there, or not the published ones.
    """
    return _scikit_learn() if pictures == "scikit_learn" else _mnist()


def _scikit_learn() -> Digits:
    # Imported here: scikit-learn's datasets take a second, and most other sources need them not.
    from sklearn.datasets import load_digits

    found = load_digits()
    provenance = digits_provenance(
        "handwritten digits of the test half of the UCI set, as shipped with scikit-learn"
    )
    rows = dict(zip(Split, split_rows(found.target), strict=True))
    return Digits(found.images / MAX_PIXEL, found.target, rows, provenance)


def _mnist() -> Digits:
    """Return MNIST's pictures in its own official split, with its default validation."""
    source = mnist.read_mnist(mnist.MnistConfig(kind="mnist"))
    parts = {split: part.sequences for split, part in source.parts.items()}
    shape = (-1, SIDES["mnist"], SIDES["mnist"])
    pictures = np.concatenate([each.values.reshape(shape) for each in parts.values()])
    labels = np.concatenate([_labels(each.labels) for each in parts.values()])
    ends = np.cumsum([0, *(len(each) for each in parts.values())])
    rows = {split: np.arange(ends[at], ends[at + 1]) for at, split in enumerate(parts)}
    described = f"handwritten digits of MNIST ({MNIST.official[0]})"
    return Digits(pictures, labels, rows, replace(source.provenance, description=described))


def _labels(labels: Int[np.ndarray, "_"] | None) -> Int[np.ndarray, "_"]:
    return np.zeros(0, dtype=np.int64) if labels is None else labels
