"""Scikit-learn's 8 x 8 digits, as 8 rows from top to bottom or as a grid of 4 x 4 regions."""

from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int

from seqarena.data.manifest import Manifest, Provenance
from seqarena.data.own.image_source import Steps, picture_steps
from seqarena.data.part import Part, three_parts
from seqarena.data.pictures import as_regions
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.stratify import stratified_share
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_SPLIT_SEED = 0
_TEST_SHARE = 0.25
_VALID_SHARE = 0.15
_GRID = (4, 4)
_SIZE = (8, 8)
_PATCH = (2, 2)
MAX_PIXEL = 16.0
CITATION = (
    "E. Alpaydin, C. Kaynak (1998). Optical Recognition of Handwritten Digits. UCI Machine "
    "Learning Repository. doi:10.24432/C50P49."
)


class HandwrittenDigitsConfig(SourceConfig):
    """One split, the same in both views; nothing about it can be chosen."""

    input_kind = "frames"
    kind: Literal["handwritten_digits"]
    view: Literal["rows", "regions"] = "rows"
    """"rows": 8 steps of 8 pixels. "regions": 16 steps of 2 x 2 pixels, row by row."""

    @property
    def has_regions(self) -> bool:
        """Say whether the steps are regions."""
        return self.view == "regions"

    def frames_of(self, path: Path, manifest: Manifest) -> Steps:
        """Return the steps of a picture of somebody's own: a light digit on dark."""
        del manifest
        return picture_steps(path, _SIZE, self.view, _PATCH)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_handwritten_digits(self)


def read_handwritten_digits(config: HandwrittenDigitsConfig) -> SourceData:
    """Read the digits that scikit-learn ships, pixels scaled to 0..1."""
    # Imported here: scikit-learn's datasets take a second, and no other source needs them.
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images / MAX_PIXEL
    steps = images if config.view == "rows" else as_regions(images, _PATCH)
    everything = sequences_of(
        list(steps),
        labels=digits.target.tolist(),
        ids=tuple(f"digit-{row:04d}" for row in range(len(images))),
    )
    parts = [Part(everything.select(rows)) for rows in split_rows(digits.target)]
    return SourceData(
        schema=DataSchema(
            "classification",
            dim=int(steps.shape[2]),
            n_classes=10,
            grid=_GRID if config.view == "regions" else None,
            patch=_PATCH if config.view == "regions" else None,
        ),
        parts=three_parts(*parts),
        provenance=digits_provenance(
            "Optical recognition of handwritten digits (test half of the UCI set), as shipped with "
            "scikit-learn"
        ),
        protocol={
            "split": "stratified by digit, the same ids in both views; the 13 writers are not "
            "named in the data, so a writer may stand in several splits",
            "split_seed": _SPLIT_SEED,
            "test_share": _TEST_SHARE,
            "valid_share": _VALID_SHARE,
            "view": config.view,
            "scored": "the label of each picture",
        },
        class_names=tuple(str(name) for name in digits.target_names),
    )


def split_rows(labels: Int[np.ndarray, "images"]) -> list[Int[np.ndarray, "_"]]:
    """Return the rows of the training, validation and test split, of all views."""
    rows = np.arange(len(labels))
    generator = numpy_generator(_SPLIT_SEED, "handwritten_digits")
    test = stratified_share(labels, rows, _TEST_SHARE, generator)
    rest = np.setdiff1d(rows, test)
    valid = stratified_share(labels, rest, _VALID_SHARE / (1 - _TEST_SHARE), generator)
    return [np.setdiff1d(rest, valid), valid, test]


def digits_provenance(description: str) -> Provenance:
    """Say where scikit-learn's digits come from."""
    return Provenance(
        description=description,
        licence="CC BY 4.0 (data), BSD-3-Clause (scikit-learn)",
        citation=CITATION,
        versions={"scikit-learn": version("scikit-learn")},
    )
