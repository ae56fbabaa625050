"""Handwritten digits to draw with: which pictures, and which of them each split may use."""

import os
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from published_scenes import small_mnist
from seqarena.data.sources.digit_pictures import SIDES, Digits, digits_of
from seqarena.data.sources.handwritten_digits import (
    HandwrittenDigitsConfig,
    read_handwritten_digits,
)
from seqarena.data.splits import Split


def refuse_shared_rows(digits: Digits) -> None:
    assert all(len(rows) for rows in digits.rows.values())
    for one, other in combinations(digits.rows.values(), 2):
        assert not set(one.tolist()) & set(other.tolist())


def test_the_digits_of_scikit_learn_are_split_as_where_they_are_read_one_by_one() -> None:
    digits = digits_of("scikit_learn")
    assert digits.pictures.shape[1:] == (SIDES["scikit_learn"],) * 2
    np.testing.assert_array_equal(digits.pictures * 16, load_digits().images)
    np.testing.assert_array_equal(digits.labels, load_digits().target)
    refuse_shared_rows(digits)
    alone = read_handwritten_digits(HandwrittenDigitsConfig(kind="handwritten_digits"))
    for split, part in alone.parts.items():
        assert part.sequences.ids == tuple(f"digit-{row:04d}" for row in digits.rows[split])


def test_the_digits_of_mnist_keep_its_official_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = small_mnist(tmp_path, monkeypatch, n_train=240)
    digits = digits_of("mnist")
    assert digits.pictures.shape[1:] == (SIDES["mnist"],) * 2
    refuse_shared_rows(digits)
    test = digits.rows[Split.TEST]
    np.testing.assert_allclose(
        digits.pictures[test], published["t10k-images"] / 255, rtol=1e-6, atol=0
    )
    np.testing.assert_array_equal(digits.labels[test], published["t10k-labels"])
    others = np.concatenate([digits.rows[split] for split in (Split.TRAIN, Split.VALID)])
    shown = {
        (picture.tobytes(), label)
        for picture, label in zip(published["train-images"], published["train-labels"], strict=True)
    }
    again = np.rint(digits.pictures[others] * 255).astype(np.int64)
    assert shown == {
        (picture.tobytes(), label)
        for picture, label in zip(again, digits.labels[others], strict=True)
    }
    assert len(digits.rows[Split.VALID]) == 20


def test_what_is_drawn_with_them_says_where_they_come_from() -> None:
    digits = digits_of("scikit_learn")
    drawn = digits.drawn("something", "A. Nobody (2000).")
    assert drawn.description == "something"
    assert drawn.citation == f"{digits.provenance.citation} A. Nobody (2000)."
    assert digits.drawn("something").citation == digits.provenance.citation
    assert (drawn.licence, drawn.versions) == (
        digits.provenance.licence,
        digits.provenance.versions,
    )


@pytest.mark.slow
@pytest.mark.skipif(
    "SEQARENA_MIRROR" not in os.environ,
    reason="SEQARENA_MIRROR names no folder of published data sets",
)
def test_mnist_as_published_has_all_of_its_pictures() -> None:
    digits = digits_of("mnist")
    assert [len(rows) for rows in digits.rows.values()] == [54_999, 5_001, 10_000]
    assert np.bincount(digits.labels[digits.rows[Split.TEST]])[:3].tolist() == [980, 1135, 1032]
    refuse_shared_rows(digits)
