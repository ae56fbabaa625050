import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.significance.floors import FloorCheck, beats_floor, beats_paired_floor
from seqarena.significance.scores import ratio
from seqarena.significance.statistics import ExampleStatistics


def losses(parts, ids=None):
    parts = np.atleast_2d(np.asarray(parts, dtype=np.float64))
    ids = ids or tuple(map(str, range(parts.shape[1])))
    return ExampleStatistics(np.stack([parts, np.ones_like(parts)], axis=2), ratio, False, ids)


def test_a_bound_is_beaten_by_more_than_three_standard_errors_only():
    near = beats_floor(0.98, 0.01, 1.0, higher_is_better=False)
    assert (near.errors, near.beats) == (pytest.approx(2.0), False)
    far = beats_floor(0.96, 0.01, 1.0, higher_is_better=False)
    assert (far.errors, far.beats) == (pytest.approx(4.0), True)
    assert not beats_floor(0.96, 0.01, 1.0, higher_is_better=True).beats
    assert beats_floor(0.96, 0.01, 0.92, higher_is_better=True).beats
    assert not beats_floor(0.96, 0.01, 1.0, higher_is_better=False, limit=5.0).beats


def test_the_error_of_the_bound_counts_too():
    found = beats_floor(0.9, 0.03, 1.0, higher_is_better=False, floor_error=0.04)
    assert found.standard_error == pytest.approx(0.05)
    assert found.errors == pytest.approx(2.0)


def test_a_check_says_what_it_found():
    fine = beats_floor(1.036, 0.012, 1.0, higher_is_better=False)
    assert fine.sentence == (
        "0.036 worse than the best possible, 3.0 standard errors: within what is possible."
    )
    wrong = beats_floor(0.9, 0.01, 1.0, higher_is_better=False)
    assert wrong.sentence == (
        "0.1 better than the best possible, 10.0 standard errors: no model can be. Either the test "
        "split leaked, the probabilities do not sum to 1, or the bound is not one of this data."
    )


def test_without_an_error_nothing_is_judged():
    assert beats_floor(0.9, None, 1.0, higher_is_better=False).why == "one example"


def test_an_exact_score_beats_a_bound_by_any_gap_and_never_by_none():
    assert beats_floor(1.0, 0.0, 1.0, higher_is_better=False).beats is False
    assert beats_floor(0.9999, 0.0, 1.0, higher_is_better=False).beats is True
    assert beats_floor(1.0001, 0.0, 1.0, higher_is_better=False).errors == -np.inf


def test_each_seed_is_held_against_the_true_process_on_the_same_examples():
    truth = np.array([1.0, 2, 3, 4, 5, 6])
    better = truth - [0.1, 0.1, 0.1, 0.1, 0.1, 0.2]
    found = beats_paired_floor(losses([truth + 0.5, better]), losses(truth))
    assert [each.beats for each in found] == [False, True]
    # Gaps .1 five times and .2: mean .7 / 6, deviation sqrt(.05 / 6 / 5).
    assert found[1].gap == pytest.approx(0.7 / 6)
    assert found[1].standard_error == pytest.approx((0.05 / 6 / 5 / 6) ** 0.5)


def test_pairs_see_what_the_spread_of_the_examples_would_hide():
    rng = np.random.default_rng(0)
    truth = rng.normal(10, 3, size=200)
    cheat = losses(truth - rng.normal(0.2, 0.1, size=200))
    alone = beats_floor(
        cheat.seed_scores()[0], truth.std() / 200**0.5, truth.mean(), higher_is_better=False
    )
    assert not alone.beats
    assert beats_paired_floor(cheat, losses(truth))[0].beats


def test_what_called_something_impossible_beats_nothing():
    found = beats_paired_floor(losses([1.0, np.inf]), losses([1.0, 2.0]))
    assert found == (FloorCheck(-np.inf, 0.0, 3.0),)
    assert not found[0].beats


def test_one_example_or_one_that_carries_all_gives_no_check():
    assert beats_paired_floor(losses([1.0]), losses([2.0]))[0].why == "one example"
    values = np.array([[[1.0, 2], [0, 0]]])
    carried = ExampleStatistics(values, ratio, False, ("a", "b"))
    assert beats_paired_floor(carried, carried)[0].why == "undefined"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: beats_floor(float("nan"), 0.1, 1.0, higher_is_better=True),
            "score nan ± 0.1 against floor 1.0 ± 0.0: none may be NaN, and standard errors are 0 "
            "or more.",
        ),
        (
            lambda: beats_paired_floor(losses([1.0, 2]), losses([[1.0, 2], [1, 2]])),
            "a floor of 2 seeds; the true process has no seed: hand over 1.",
        ),
        (
            lambda: beats_paired_floor(losses([1.0, 2]), losses([1.0, 2], ("0", "2"))),
            "the model and the floor were not scored on the same examples: 1 example only in the "
            "model, first '1'; 1 example only in the floor, first '2'; score both on one test "
            "split.",
        ),
    ],
)
def test_what_cannot_be_held_against_a_bound_is_refused(build, message):
    with pytest.raises(DataError) as caught:
        build()
    assert str(caught.value) == message
