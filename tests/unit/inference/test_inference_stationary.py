import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.errors import DataError
from seqarena.inference.stationary import (
    closed_class,
    entropy_rate,
    hitting_times,
    mixing_bounds,
    mixing_time,
    period,
    stationary_distribution,
)

TWO = np.array([[0.9, 0.1], [0.3, 0.7]])
CYCLE = np.roll(np.eye(4), 1, axis=1)
WALK = 0.5 * CYCLE + 0.5 * CYCLE.T
# States 0 and 1 are left for ever; 2 and 3 are the closed class.
ENDING = np.array(
    [[0.5, 0.25, 0.25, 0.0], [0.0, 0.0, 0.5, 0.5], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.5, 0.5]]
)
APART = np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3], [0.0, 0.0, 1.0]])


def random_chain(seed, n=5):
    return np.random.default_rng(seed).dirichlet(np.full(n, 0.4), size=n)


def distance_after(transition, steps):
    power = np.linalg.matrix_power(transition, steps)
    return np.abs(power - stationary_distribution(transition)).sum(axis=1).max() / 2


def test_two_states_by_hand():
    np.testing.assert_allclose(stationary_distribution(TWO), [0.75, 0.25])
    of_rows = [
        -0.9 * math.log(0.9) - 0.1 * math.log(0.1),
        -0.3 * math.log(0.3) - 0.7 * math.log(0.7),
    ]
    assert entropy_rate(TWO) == pytest.approx(0.75 * of_rows[0] + 0.25 * of_rows[1])
    # The distance from the start in state 1 is 0.75 · 0.6^t: 0.27 after 2 steps, 0.162 after 3.
    assert mixing_time(TWO) == 3
    np.testing.assert_allclose(hitting_times(TWO, np.array([False, True])), [10.0, 0.0])
    bounds = mixing_bounds(TWO)
    assert bounds.second_eigenvalue == pytest.approx(0.6)
    assert bounds.lower == pytest.approx((1 / 0.4 - 1) * math.log(2))
    assert bounds.upper == pytest.approx(math.log(1 / (0.25 * 0.25)) / 0.4)


@given(st.integers(0, 10**6))
def test_a_step_does_not_change_the_stationary_distribution(seed):
    transition = random_chain(seed)
    stationary = stationary_distribution(transition)
    np.testing.assert_allclose(stationary @ transition, stationary, atol=1e-12)
    assert stationary.sum() == pytest.approx(1.0)


@given(st.integers(0, 10**6), st.sampled_from([0.25, 0.01]))
def test_the_mixing_time_is_the_first_step_at_which_every_start_is_near(seed, distance):
    transition = random_chain(seed)
    steps = mixing_time(transition, distance)
    assert distance_after(transition, steps) <= distance
    assert distance_after(transition, steps - 1) > distance
    bounds = mixing_bounds(transition, distance)
    assert bounds.lower <= steps
    assert bounds.upper is None or steps <= math.ceil(bounds.upper)


def test_the_upper_bound_is_given_for_reversible_chains_alone():
    lazy_walk = 0.5 * np.eye(4) + 0.5 * WALK
    assert mixing_bounds(lazy_walk).upper == pytest.approx(math.log(16) / 0.5)
    lazy_cycle = 0.5 * np.eye(4) + 0.5 * CYCLE
    assert mixing_bounds(lazy_cycle).upper is None


def test_transient_states_have_no_share_and_are_forgotten_too():
    assert closed_class(ENDING).tolist() == [False, False, True, True]
    np.testing.assert_allclose(stationary_distribution(ENDING), [0, 0, 1 / 3, 2 / 3], atol=1e-15)
    steps = mixing_time(ENDING)
    assert distance_after(ENDING, steps) <= 0.25 < distance_after(ENDING, steps - 1)
    assert mixing_bounds(ENDING).upper is None


def test_several_closed_classes_are_refused_by_name():
    for question in (stationary_distribution, entropy_rate, mixing_time, mixing_bounds, period):
        with pytest.raises(DataError) as caught:
            question(APART)
        assert str(caught.value) == (
            "the chain has 2 closed classes (one holds state 0, another state 2): what it does in "
            "the long run depends on where it starts; smooth its probabilities, or look at one "
            "class alone."
        )


@pytest.mark.parametrize(("chain", "expected"), [(CYCLE, 4), (WALK, 2), (TWO, 1), (ENDING, 1)])
def test_the_period_is_the_greatest_common_divisor_of_all_ways_back(chain, expected):
    assert period(chain) == expected


def test_a_periodic_chain_has_a_stationary_distribution_and_no_mixing_time():
    np.testing.assert_allclose(stationary_distribution(WALK), np.full(4, 0.25))
    assert entropy_rate(WALK) == pytest.approx(math.log(2))
    assert entropy_rate(CYCLE) == 0.0
    with pytest.raises(DataError) as caught:
        mixing_time(WALK)
    assert str(caught.value) == (
        "the chain has period 2: it never forgets the phase in which it started, so it has no "
        "mixing time; smooth its probabilities."
    )
    bounds = mixing_bounds(WALK)
    assert (bounds.second_eigenvalue, bounds.lower, bounds.upper) == (1.0, math.inf, None)


def test_a_chain_that_hardly_moves_is_refused():
    still = np.array([[1 - 1e-15, 1e-15], [1e-15, 1 - 1e-15]])
    with pytest.raises(DataError, match=r"^the chain takes more than 2\^40 steps to forget its"):
        mixing_time(still)


@given(st.integers(0, 10**6))
def test_hitting_times_add_up_the_chances_of_not_being_there_yet(seed):
    transition = 0.9 * random_chain(seed, n=4) + 0.1 / 4
    target = np.array([False, False, True, False])
    outside = transition[np.ix_(~target, ~target)]
    # Of each start at least 1 in 40 arrives with every step.
    alive, expected = np.ones(3), np.zeros(3)
    for _ in range(1500):
        expected += alive
        alive = outside @ alive
    np.testing.assert_allclose(hitting_times(transition, target)[~target], expected)


def test_hitting_times_are_infinite_from_where_the_target_may_be_missed():
    # From 1 the chain may end in 0 and never see 2; from 0 it cannot; 2 is there already.
    target = np.array([False, False, True])
    assert hitting_times(APART, target).tolist() == [math.inf, math.inf, 0.0]
    everywhere = hitting_times(CYCLE, np.array([True, False, False, False]))
    np.testing.assert_allclose(everywhere, [0, 3, 2, 1])


def test_what_happens_after_the_target_does_not_matter_to_its_hitting_time():
    # 0 goes to 1, and 1 to 2, which is never left: from 0 the target 1 is certain.
    onward = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
    times = hitting_times(onward, np.array([False, True, False]))
    assert times.tolist() == [1.0, 0.0, math.inf]


def test_one_state_is_forgotten_at_once():
    alone = np.ones((1, 1))
    assert mixing_time(alone) == 0
    assert stationary_distribution(alone).tolist() == [1.0]
    assert mixing_bounds(alone).second_eigenvalue == 0.0
