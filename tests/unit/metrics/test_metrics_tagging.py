import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.metrics.ratio import ratio_standard_error
from seqarena.metrics.tagging import tag_scores


def test_long_sequences_count_for_all_of_their_steps() -> None:
    gold, predicted = np.array([0, 0, 0, 1]), np.array([0, 0, 0, 0])
    scores = tag_scores(gold, predicted, np.array([3, 1]))
    assert scores.accuracy == 3 / 4
    # F1 of tag 0 is 6/7, of tag 1 0; a tag that nobody names does not count.
    assert scores.macro_f1 == pytest.approx(3 / 7)


def test_one_sequence_alone_tells_no_spread() -> None:
    assert tag_scores(np.array([1, 2]), np.array([1, 1]), np.array([2])).standard_error is None


def test_the_error_of_a_ratio_is_that_of_a_mean_where_all_sizes_are_one() -> None:
    parts = np.array([1, 0, 0, 1, 1])
    expected = parts.std(ddof=1) / np.sqrt(5)
    assert ratio_standard_error(parts, np.ones(5)) == pytest.approx(expected)


def test_the_error_of_a_ratio_is_the_spread_that_resampling_finds() -> None:
    draw = np.random.default_rng(0)
    sizes = draw.integers(1, 30, 400)
    parts = draw.binomial(sizes, 0.2 + 0.6 * draw.random(400))
    ratios = []
    for _ in range(400):
        rows = draw.integers(0, 400, 400)
        ratios.append(parts[rows].sum() / sizes[rows].sum())
    assert ratio_standard_error(parts, sizes) == pytest.approx(np.std(ratios), rel=0.1)


def test_tags_of_other_steps_are_refused() -> None:
    with pytest.raises(DataError) as error:
        tag_scores(np.array([0, 1]), np.array([0, 1]), np.array([2, 1]))
    assert str(error.value) == (
        "2 gold tags, 2 predicted ones and sequences of 3 steps in all; each step needs one of "
        "both."
    )
