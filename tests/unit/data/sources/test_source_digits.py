import numpy as np
import pytest
from sklearn.datasets import load_digits

from seqarena.data.sources.handwritten_digits import (
    HandwrittenDigitsConfig,
    read_handwritten_digits,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split


@pytest.fixture(scope="module")
def rows() -> SourceData:
    """The digits as rows."""
    return read_handwritten_digits(HandwrittenDigitsConfig(kind="handwritten_digits", view="rows"))


@pytest.fixture(scope="module")
def regions() -> SourceData:
    """The digits as regions."""
    return read_handwritten_digits(
        HandwrittenDigitsConfig(kind="handwritten_digits", view="regions")
    )


def test_both_views_hold_the_same_pictures_in_the_same_splits(
    rows: SourceData, regions: SourceData
) -> None:
    for split in Split:
        assert rows.parts[split].sequences.ids == regions.parts[split].sequences.ids
    ids = [name for part in rows.parts.values() for name in part.sequences.ids]
    assert len(ids) == len(set(ids)) == 1797


def test_the_split_is_stratified(rows: SourceData) -> None:
    counts = {split: np.bincount(part.sequences.labels) for split, part in rows.parts.items()}
    total = sum(counts.values())
    assert np.abs(counts[Split.TEST] - 0.25 * total).max() <= 0.5
    assert np.abs(counts[Split.VALID] - 0.15 * total).max() <= 1.0


def test_pixels_are_between_zero_and_one_and_stand_where_they_stood(
    rows: SourceData, regions: SourceData
) -> None:
    digits = load_digits()
    row = int(rows.parts[Split.TEST].sequences.ids[3].removeprefix("digit-"))
    picture = digits.images[row] / 16
    assert np.array_equal(rows.parts[Split.TEST].sequences.sequence(3), picture.astype(np.float32))
    assert rows.parts[Split.TEST].sequences.labels[3] == digits.target[row]
    steps = regions.parts[Split.TEST].sequences.sequence(3)
    # The region in row 1, column 2 of the grid.
    assert np.allclose(steps[1 * 4 + 2], picture[2:4, 4:6].ravel())
    everything = rows.parts[Split.TRAIN].sequences.values
    assert everything.min() == 0.0
    assert everything.max() == 1.0


def test_the_schema_knows_the_grid(rows: SourceData, regions: SourceData) -> None:
    assert (rows.schema.dim, rows.schema.grid) == (8, None)
    assert (regions.schema.dim, regions.schema.grid) == (4, (4, 4))
