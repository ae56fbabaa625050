import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.metrics.alignment import LinkCounts, link_counts


def pairs(*links):
    return np.array(links, dtype=np.int64).reshape(-1, 2)


def test_one_of_two_links_is_right_and_one_of_three_is_found():
    counts = link_counts(pairs((0, 0), (1, 2), (1, 2)), pairs((0, 0), (2, 1), (1, 1)))
    assert counts == LinkCounts(1, 2, 3)
    assert (counts.precision, counts.recall) == (1 / 2, 1 / 3)
    assert counts.f1 == pytest.approx(2 * (1 / 2) * (1 / 3) / (1 / 2 + 1 / 3))
    assert counts.error_rate == pytest.approx(1 - counts.f1)


def test_a_link_is_not_its_mirror_image():
    assert link_counts(pairs((0, 1)), pairs((1, 0))).n_correct == 0


def test_counts_are_pooled_and_not_averaged():
    total = link_counts(pairs((0, 0)), pairs((0, 0))) + LinkCounts(0, 1, 2)
    assert total == LinkCounts(1, 2, 3)
    assert total.f1 == 2 / 5


def test_without_links_there_is_no_precision_to_speak_of():
    nothing = link_counts(pairs(), pairs((0, 0)))
    assert (nothing.precision, nothing.recall, nothing.f1) == (0.0, 0.0, 0.0)
    empty = LinkCounts(0, 1, 0)
    for ask, what in ((lambda: empty.recall, "share of found ones"), (lambda: empty.f1, "F1")):
        with pytest.raises(DataError) as caught:
            ask()
        assert str(caught.value) == f"the gold holds no link, so there is no {what}."
