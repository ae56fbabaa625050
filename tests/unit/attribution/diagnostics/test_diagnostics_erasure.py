import numpy as np
import pytest
from diagnostics_scenes import PLANTED, sequences

from seqarena.attribution.diagnostics.erasure import SHARES, erasure, top_steps, variants
from seqarena.batch import sequences_of
from seqarena.errors import DataError

P, PRIOR = 0.9, 0.25


def planted(asked):
    """p(label 1) is P with the planted symbol, and PRIOR without."""
    has = [PLANTED in asked.sequence(row) for row in range(len(asked))]
    probs = np.where(has, P, PRIOR)
    return np.stack([1 - probs, probs], axis=1)[:, None]


def example(n_steps=20, at=7):
    steps = np.zeros(n_steps, dtype=np.int64)
    steps[at] = PLANTED
    return sequences_of([steps], labels=[1])


def test_the_planted_symbol_is_all_that_is_needed_and_the_only_thing():
    found = erasure(planted, example(), 0, {"planted": np.eye(20)[7]})["planted"]
    assert found.comprehensiveness == pytest.approx(P - PRIOR)
    assert found.sufficiency == pytest.approx(0)


def test_a_ranking_that_puts_it_last_finds_nothing():
    found = erasure(planted, example(), 0, {"last": -np.eye(20)[7]})["last"]
    assert found.comprehensiveness == pytest.approx(0)
    assert found.sufficiency == pytest.approx(P - PRIOR)


def test_a_random_ranking_stands_beside_as_its_own_row():
    scores = {"planted": np.eye(20)[7], "random": np.arange(20.0)[::-1]}
    found = erasure(planted, example(), 0, scores)
    assert list(found) == ["planted", "random"]
    # Step 7 is the eighth: of 1, 5, 10, 20 and 50 % only 10 steps reach it.
    assert found["random"].comprehensiveness == pytest.approx((P - PRIOR) / 5)


def test_what_is_judged_is_the_decision_and_not_the_label():
    data = sequences_of([np.zeros(4, dtype=np.int64)], labels=[1])
    found = erasure(planted, data, 0, {"any": np.arange(4.0)})["any"]
    assert found.comprehensiveness == found.sufficiency == 0


def test_shares_are_rounded_up_and_one_step_stays():
    assert top_steps(np.arange(30.0), SHARES).sum(axis=1).tolist() == [1, 2, 3, 6, 15]
    assert top_steps(np.arange(2.0), (0.01, 0.5, 1.0)).tolist() == [[False, True]] * 3
    assert top_steps(np.zeros(4), (0.5,)).tolist() == [[True, True, False, False]]


def test_variants_keep_label_and_target():
    data = sequences()
    kept = np.array([[True, False, True, True], [False, True, False, False]])
    found = variants(data, 2, kept)
    whole = data.sequence(2)
    assert found.sequence(0).tolist() == whole[[0, 2, 3]].tolist()
    assert found.sequence(1).tolist() == whole[[1]].tolist()
    assert found.labels.tolist() == [data.labels[2]] * 2
    assert found.target.sequence(1).tolist() == data.target.sequence(2).tolist()


def test_frames_are_erased_like_symbols():
    frames = sequences_of([np.arange(6.0).reshape(3, 2)])
    found = variants(frames, 0, np.array([[True, False, True]]))
    assert found.sequence(0).tolist() == [[0, 1], [4, 5]]


def test_a_single_step_cannot_be_erased():
    with pytest.raises(DataError) as caught:
        erasure(planted, sequences_of([np.array([1])]), 0, {"any": np.ones(1)})
    assert str(caught.value) == "row 0 has 1 step; erasure needs at least 2."
