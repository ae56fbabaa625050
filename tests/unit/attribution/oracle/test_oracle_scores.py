import numpy as np
import pytest
from numpy.testing import assert_allclose

from influence_by_hand import divergence
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.lag_influence import lag_influence
from seqarena.attribution.oracle.row_scores import row_divergence, score_rows
from seqarena.errors import DataError

NAN = float("nan")


def of(rows, valid=None) -> InfluenceMap:
    effect = np.asarray(rows, dtype=np.float64)
    mask = None if valid is None else np.asarray(valid, dtype=bool)
    return InfluenceMap(effect, np.zeros_like(effect), valid=mask)


def means(ours, true) -> dict[str, tuple[float, int]]:
    found = score_rows(of(ours), of(true)).means()
    return {name: (each.mean, each.n) for name, each in found.items()}


def test_the_oracle_differs_from_itself_by_nothing() -> None:
    rows = [[0.2, 0.0, 0.1], [0.0, 0.5, 0.0]]
    found = means(rows, rows)
    assert found["divergence"] == (0.0, 2)
    assert found["outside"] == (0.0, 2)
    assert found["total"] == found["true_total"]


def test_rows_that_look_at_different_steps_are_one_bit_apart() -> None:
    found = means([[0.3, 0.0]], [[0.0, 0.1]])
    assert found["divergence"] == (1.0, 1)
    assert found["outside"] == (1.0, 1)
    assert found["total"] == (0.3, 1)


def test_scores_by_hand() -> None:
    found = means([[0.1, 0.3, 0.0]], [[0.2, 0.0, 0.2]])
    expected = divergence(np.array([0.25, 0.75, 0.0]), np.array([0.5, 0.0, 0.5]))
    assert_allclose(found["divergence"][0], expected, rtol=1e-12)
    assert_allclose(found["outside"][0], 0.75)
    assert_allclose(found["true_total"][0], 0.4)


def test_a_row_that_looks_nowhere_has_no_shares_and_still_counts_as_looking_little() -> None:
    scores = score_rows(of([[0.0, -0.0], [0.4, 0.0]]), of([[0.2, 0.2], [0.0, 0.0]]))
    assert np.isnan(scores.divergence).all()
    assert_allclose(scores.total, [0.0, 0.4])
    # What looks where the truth looks nowhere lies outside altogether.
    assert_allclose(scores.outside, [NAN, 1.0])
    assert scores.means()["divergence"].n == 0
    assert np.isnan(scores.means()["divergence"].mean)


def test_what_rounding_left_of_zero_is_zero() -> None:
    found = means([[0.3, 1e-9, -1e-9]], [[0.3, 0.0, 0.0]])
    assert found["divergence"] == (0.0, 1)
    assert found["outside"] == (0.0, 1)


def test_rows_that_can_look_nowhere_have_no_score_at_all() -> None:
    valid = [[False, False], [True, False]]
    scores = score_rows(of([[0.0, 0.0], [0.1, NAN]], valid), of([[0.0, 0.0], [0.1, 0.0]]))
    assert_allclose(scores.total, [NAN, 0.1])
    assert_allclose(scores.divergence, [NAN, 0.0])


def test_scores_of_several_maps_add_and_their_mean_is_pooled() -> None:
    first = score_rows(of([[0.5, 0.0], [0.0, 0.5]]), of([[0.5, 0.0], [0.5, 0.0]]))
    second = score_rows(of([[0.2, 0.2]]), of([[0.2, 0.2]]))
    found = (first + second).means()["divergence"]
    assert (found.mean, found.n) == (pytest.approx(1 / 3), 3)


def test_ties_let_a_map_that_misses_the_main_step_win_by_ranks_and_lose_by_divergence() -> None:
    quiet = [0.0] * 22
    truth, misses = [[*quiet, 0.1, 0.4]], [[*quiet, 0.1, 0.0]]
    finds = [[*np.linspace(1e-4, 1e-3, 22), 0.1, 0.4]]
    missing, finding = means(misses, truth), means(finds, truth)
    assert missing["rank_correlation"][0] > finding["rank_correlation"][0]
    assert finding["divergence"][0] < 0.02 < 0.5 < missing["divergence"][0]


def test_a_row_without_differences_has_no_rank_correlation() -> None:
    assert np.isnan(means([[0.1, 0.1]], [[0.1, 0.2]])["rank_correlation"][0])


@pytest.mark.parametrize(
    ("ours", "message"),
    [
        ([[0.1, -0.2]], "influence of step 1 on output 0 is -0.2"),
        ([[NAN, 0.2]], "influence of step 0 on output 0 is nan"),
        ([[0.1]], r"maps of \(1, 1\) and \(1, 2\)"),
    ],
)
def test_what_is_no_influence_is_refused(ours, message) -> None:
    with pytest.raises(DataError, match=message):
        score_rows(of(ours), of([[0.1, 0.2]]))


def test_maps_of_frames_have_no_shares() -> None:
    with pytest.raises(DataError, match="frames"):
        score_rows(InfluenceMap(None, np.zeros((1, 2))), of([[0.1, 0.2]]))


def test_rows_of_any_numbers_are_compared_by_their_shares() -> None:
    found = row_divergence(np.array([[2.0, 6.0], [0.0, 0.0]]), np.array([[0.25, 0.75], [1.0, 0.0]]))
    assert_allclose(found, [0.0, NAN])
    with pytest.raises(DataError, match="inf"):
        row_divergence(np.array([[2.0, np.inf]]), np.array([[0.25, 0.75]]))


def test_influence_by_lag_is_the_mean_of_a_diagonal() -> None:
    one = of([[0.0, 0.0, 0.0], [0.1, 0.0, 0.0], [0.4, 0.3, 0.0]])
    found = lag_influence(one, (0, 1, 2, 3))
    assert_allclose(found.mean, [0.0, 0.2, 0.4, NAN])
    assert found.n.tolist() == [3, 2, 1, 0]
    twice = found + lag_influence(one, (0, 1, 2, 3), first_output=2)
    assert_allclose(twice.mean, [0.0, 0.7 / 3, 0.4, NAN])


def test_steps_behind_an_output_lie_at_lags_below_zero() -> None:
    assert_allclose(lag_influence(of([[0.0, 0.2], [0.1, 0.0]]), (-1, 1)).mean, [0.2, 0.1])


def test_invalid_pairs_have_no_lag_and_lags_must_agree() -> None:
    one = of([[0.9, 0.0], [0.1, 0.0]], [[False, False], [True, False]])
    assert lag_influence(one, (0, 1)).n.tolist() == [0, 1]
    with pytest.raises(DataError, match=r"lags \(0, 1\) and \(2,\)"):
        lag_influence(one, (0, 1)) + lag_influence(one, (2,))


def test_ranks_are_of_the_steps_that_can_be_looked_at() -> None:
    valid = [[True, True, False]]
    scores = score_rows(of([[0.1, 0.2, 0.9]], valid), of([[0.1, 0.3, 0.0]], valid))
    assert_allclose(scores.rank_correlation, [1.0])
