import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from seqarena.errors import DataError
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.examples import compare_all, compare_examples
from seqarena.significance.scores import f1, ratio
from seqarena.significance.statistics import ExampleStatistics


def system(parts, higher_is_better=True):
    parts = np.atleast_2d(np.asarray(parts, dtype=np.float64))
    values = np.stack([parts, np.ones_like(parts)], axis=2)
    return ExampleStatistics(values, ratio, higher_is_better, names(parts.shape[1]))


def names(n):
    return tuple(f"e{place:04d}" for place in range(n))


# Two seeds of either, on four examples.
ONE = [[1, 1, 1, 0], [1, 1, 0, 0]]
OTHER = [[1, 0, 0, 0], [1, 0, 0, 0]]


def test_two_families_worked_by_hand():
    found = compare_examples(system(ONE), system(OTHER), n_draws=1000)
    assert found.means == (0.625, 0.25)
    assert found.value == 0.375
    # Per example, over seeds: differences 0, 1, 1/2, 0 with mean 3/8 and variance 11/48.
    assert found.effect_size == pytest.approx(0.375 / (11 / 48) ** 0.5)
    # Every seed of the one is better than every seed of the other.
    assert found.superiority == 1.0
    families = found.of_families
    # Its parts are worked by hand in test_significance_components.
    squares = 2 * ((3 / 8) ** 2 + 3 * (1 / 8) ** 2)
    seeds, examples = 1 / 64, 11 / 192 - squares / 24
    assert families.standard_error == pytest.approx((seeds + examples) ** 0.5)
    half = (seeds * stats.t.ppf(0.975, 1) ** 2 + examples * stats.t.ppf(0.975, 3) ** 2) ** 0.5
    assert (families.low, families.high) == pytest.approx((0.375 - half, 0.375 + half))


def test_where_lower_is_better_the_sign_turns():
    higher = compare_examples(system(ONE), system(OTHER), n_draws=200)
    lower = compare_examples(system(ONE, False), system(OTHER, False), n_draws=200)
    assert lower.value == -higher.value
    assert lower.of_fits.low == pytest.approx(-higher.of_fits.high)
    assert lower.of_families.low == pytest.approx(-higher.of_families.high)
    assert lower.effect_size == pytest.approx(-higher.effect_size)
    assert (higher.superiority, lower.superiority) == (1.0, 0.0)
    assert lower.means == higher.means


parts = hnp.arrays(np.float64, (2, 2, 6), elements=st.integers(0, 4).map(float))


@pytest.mark.slow
@given(parts)
def test_swapping_the_two_turns_every_sign(parts):
    one, other = map(system, parts)
    there = compare_examples(one, other, n_draws=100)
    back = compare_examples(other, one, n_draws=100)
    assert back.value == -there.value
    for ours, theirs in ((there.of_fits, back.of_fits), (there.of_families, back.of_families)):
        assert (ours.low, ours.high) == pytest.approx((-theirs.high, -theirs.low), abs=1e-9)
        assert ours.p_value == theirs.p_value
    if not isinstance(there.effect_size, Unknown):
        assert back.effect_size == pytest.approx(-there.effect_size)
    assert back.superiority == pytest.approx(1 - there.superiority)


@pytest.mark.slow
@given(parts, st.permutations(range(6)), st.permutations(range(2)))
def test_the_order_of_examples_and_of_seeds_means_nothing(parts, examples, seeds):
    one, other = map(system, parts)
    moved = [
        ExampleStatistics(
            each.values[seeds][:, examples],
            each.score,
            each.higher_is_better,
            tuple(each.ids[place] for place in examples),
        )
        for each in (one, other)
    ]
    found, again = (compare_examples(*pair, n_draws=100) for pair in ((one, other), moved))
    for ours, theirs in ((found.of_fits, again.of_fits), (found.of_families, again.of_families)):
        assert (ours.low, ours.high, ours.p_value) == pytest.approx(
            (theirs.low, theirs.high, theirs.p_value), abs=1e-9
        )
    assert again.superiority == found.superiority


def test_one_seed_says_nothing_of_the_family_and_all_of_the_fit():
    found = compare_examples(
        system(ONE[:1]), system(OTHER), n_draws=200, names=("lstm", "markov_chain")
    )
    assert found.of_families == Unknown(
        "one seed",
        "There is one seed of lstm: how far the score moves with the seed is not known, so nothing "
        "is said of other fits; at least two seeds of each are needed.",
    )
    assert found.superiority == found.of_families
    assert isinstance(found.of_fits, Estimate)
    assert found.value == 0.5


def test_families_that_ignore_their_seed_are_compared_over_examples_alone():
    ours, theirs = np.random.default_rng(0).normal(size=(2, 1, 200))
    found = compare_examples(system(np.repeat(ours, 3, 0)), system(np.repeat(theirs, 5, 0)))
    families = found.of_families
    gaps = (ours - theirs)[0]
    assert families.dof == pytest.approx(199)
    assert families.standard_error == pytest.approx(gaps.std(ddof=1) / 200**0.5)
    assert (families.low, families.high) == pytest.approx(
        (found.of_fits.low, found.of_fits.high), abs=0.01
    )
    assert families.p_value == pytest.approx(found.of_fits.p_value, abs=0.01)


def test_seeds_widen_what_is_said_of_families_and_not_what_is_said_of_fits():
    ours, theirs = np.random.default_rng(0).normal(size=(2, 1, 200))
    noise = np.array([[-0.3], [0], [0.3]])
    still = compare_examples(system(ours + 0 * noise), system(theirs + 0 * noise))
    moving = compare_examples(system(ours + noise), system(theirs + noise))
    assert moving.of_fits.low == pytest.approx(still.of_fits.low)
    assert moving.of_families.standard_error > 2 * still.of_families.standard_error


def test_what_called_something_impossible_is_infinitely_worse():
    safe, sorry = system([[1, 2], [1, 2]], False), system([[1, np.inf], [1, 0]], False)
    found = compare_examples(sorry, safe, names=("chain", "lstm"))
    assert found.value == -np.inf
    assert found.n_impossible == (1, 0)
    assert found.of_families == Unknown(
        "infinite",
        "chain called 1 example impossible (first 'e0001') in 1 of 2 seeds, so its score is "
        "infinite.",
    )
    assert found.superiority == 0.5
    assert compare_examples(safe, sorry).value == np.inf


def test_two_infinite_scores_are_not_compared():
    sorry = system([[1, np.inf], [1, 0]], False)
    found = compare_examples(sorry, sorry)
    assert found.value is None
    assert found.of_fits.why == "both infinite"
    assert found.n_impossible == (1, 1)


def test_one_example_says_nothing():
    found = compare_examples(system([[1], [0]]), system([[0], [0]]))
    assert found.value == 0.5
    for unknown in (found.of_families, found.of_fits, found.effect_size):
        assert unknown.why == "one example"


def test_a_score_that_one_example_carries_gives_no_error():
    values = np.array([[[1.0, 2], [0, 0], [0, 0]]] * 2)
    one = ExampleStatistics(values, ratio, True, names(3))
    other = ExampleStatistics(values * [0, 1], ratio, True, names(3))
    found = compare_examples(one, other, n_draws=100)
    assert found.of_families.why == found.effect_size.why == "undefined"


def test_examples_that_all_differ_by_the_same_have_no_effect_size():
    found = compare_examples(system([[1, 2, 3]] * 2), system([[0, 1, 2]] * 2), n_draws=200)
    assert found.effect_size.why == "no spread"
    # Three examples: no p-value of theirs can be below 2 / 8, whatever their spread.
    assert found.of_families.p_value == found.of_fits.p_value > 0.15
    same = compare_examples(system([[1, 2]] * 2), system([[1, 2]] * 2), n_draws=50)
    assert same.effect_size == same.value == 0.0
    assert same.of_families.p_value == same.of_fits.p_value == 1.0


def test_pairs_of_many_are_the_same_as_two_alone():
    rng = np.random.default_rng(0)
    systems = {
        name: ExampleStatistics(
            rng.integers(0, 5, size=(3, 40, 3)).astype(np.float64), f1, True, names(40)
        )
        for name in "abc"
    }
    every = compare_all(systems, n_draws=300)
    assert list(every) == [("a", "b"), ("a", "c"), ("b", "c")]
    alone = compare_examples(systems["b"], systems["c"], n_draws=300, names=("b", "c"))
    assert every["b", "c"] == alone


def test_an_infinite_one_among_many_does_not_spoil_the_others():
    good, bad = system([[1, 2, 4], [1, 2, 3]], False), system([[1, np.inf, 1]] * 2, False)
    found = compare_all({"a": good, "bad": bad, "b": good}, n_draws=50)
    assert found["a", "b"].value == 0.0
    assert (found["a", "bad"].value, found["bad", "b"].value) == (np.inf, -np.inf)


def test_a_comparison_needs_two():
    with pytest.raises(DataError) as caught:
        compare_all({"a": system(ONE)})
    assert str(caught.value) == "a comparison needs two systems; 1 came."
