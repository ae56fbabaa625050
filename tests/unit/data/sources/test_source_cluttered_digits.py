"""Digits among clutter: what is drawn, and where the digit is said to be."""

import os

import numpy as np
import pytest
from sklearn.datasets import load_digits

from seqarena.attribution.regions import region_picture
from seqarena.data.sources.cluttered_digits import ClutteredDigitsConfig, draw_cluttered_digits
from seqarena.data.splits import Split

SMALL = {"n_train": 30, "n_valid": 10, "n_test": 20}


def drawn(**more):
    return draw_cluttered_digits(ClutteredDigitsConfig(kind="cluttered_digits", **SMALL, **more))


def place(name):
    _, row, _, corner = name.split(" ")
    return int(row), tuple(map(int, corner.split(",")))


@pytest.mark.slow
def test_the_digit_stands_where_it_is_said_to_and_its_regions_are_linked():
    images, targets = load_digits().images / 16, load_digits().target
    source = drawn(n_pieces=0)
    part = source.parts[Split.TEST]
    for at, name in enumerate(part.sequences.ids):
        row, (top, left) = place(name)
        expected = np.zeros((24, 24))
        expected[top : top + 8, left : left + 8] = images[row]
        picture = region_picture(part.sequences.sequence(at), source.schema.grid)
        np.testing.assert_allclose(picture, expected, atol=1e-6)
        assert part.sequences.labels[at] == targets[row]
        shown = {(y // 4) * 6 + x // 4 for y, x in np.argwhere(expected > 0).tolist()}
        links = part.links.sequence(at)
        assert set(links[:, 0].tolist()) == shown
        assert not links[:, 1].any()


@pytest.mark.slow
def test_clutter_only_adds_and_changes_no_link():
    with_pieces, without = (drawn(n_pieces=n).parts[Split.VALID] for n in (6, 0))
    first = with_pieces.sequences.sequence(0)
    row, _ = place(with_pieces.sequences.ids[0])
    assert row == place(without.sequences.ids[0])[0]
    assert (first >= without.sequences.sequence(0) - 1e-9).all()
    assert first.sum() > without.sequences.sequence(0).sum()
    np.testing.assert_array_equal(with_pieces.links.sequence(0), without.links.sequence(0))


@pytest.mark.slow
def test_no_handwritten_digit_is_in_two_splits():
    rows = [{place(name)[0] for name in part.sequences.ids} for part in drawn().parts.values()]
    assert not rows[0] & rows[1]
    assert not rows[0] & rows[2]
    assert not rows[1] & rows[2]


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
def test_mnist_stands_on_its_larger_canvas():
    source = drawn(digits="mnist")
    assert (source.schema.grid, source.schema.patch, source.schema.dim) == ((10, 10), (6, 6), 36)
    part = source.parts[Split.TEST]
    assert part.sequences.lengths.tolist() == [100] * 20
    # A digit of 28 x 28 lies in five or six rows and columns of regions at most.
    assert np.diff(part.links.offsets).max() <= 36
