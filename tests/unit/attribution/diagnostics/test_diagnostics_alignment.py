import numpy as np
import pytest

from seqarena.attribution.diagnostics.alignment_error import (
    alignment_error_rate,
    best_links,
    sure_counts,
)
from seqarena.errors import DataError

NONE = np.zeros((0, 2), dtype=np.int64)


def links(*pairs):
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)


def test_a_perfect_answer_has_no_error_and_a_disjoint_one_nothing_else():
    gold = links((0, 0), (1, 1))
    assert alignment_error_rate(gold, gold, gold) == 0
    assert alignment_error_rate(links((0, 1), (1, 0)), gold, gold) == 1


def test_a_possible_link_costs_nothing_and_is_not_missed():
    sure, possible = links((0, 0)), links((0, 0), (1, 1), (2, 1))
    assert alignment_error_rate(links((0, 0), (1, 1)), sure, possible) == 0
    assert alignment_error_rate(links((0, 0)), sure, possible) == 0
    assert alignment_error_rate(links((0, 0), (5, 5)), sure, possible) == pytest.approx(1 / 3)


def test_a_sure_link_that_is_not_possible_is_refused():
    with pytest.raises(DataError) as caught:
        alignment_error_rate(links((0, 0)), links((0, 0), (2, 1)), links((0, 0)))
    assert str(caught.value) == (
        "link (2, 1) is sure but not possible; sure links are possible ones too."
    )


def test_no_link_at_all_has_no_error_rate():
    with pytest.raises(DataError):
        alignment_error_rate(NONE, NONE, NONE)


@pytest.mark.parametrize("shift", [0, 1])
def test_a_copy_is_read_without_error_at_the_step_that_looks_at_it_and_there_alone(shift):
    """A decoder that looks at a word where it predicts it, or where it has read it."""
    rows = np.eye(5, 4, k=-shift)
    gold = links(*((i, i) for i in range(4)))
    error = {at: sure_counts(best_links(rows, 4, at), gold).error_rate for at in (0, 1)}
    assert error[shift] == 0
    assert error[1 - shift] > 0


def test_an_output_whose_row_looks_nowhere_or_is_missing_has_no_link():
    rows = np.array([[0.0, 1.0], [0.0, 0.0]])
    assert best_links(rows, 2).tolist() == [[1, 0]]
    assert best_links(rows, 2, 1).tolist() == []
    assert best_links(np.zeros((0, 2)), 0).tolist() == []
