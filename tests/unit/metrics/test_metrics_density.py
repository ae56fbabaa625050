import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqarena.errors import DataError
from seqarena.metrics.density import (
    DensityScore,
    bits_standard_error,
    density_score,
    mean_nats_per_step,
)

NATS_PER_BIT = np.log(2.0)


def test_bits_are_pooled_over_steps_and_not_averaged_over_sequences():
    # 1 step at 4 bits and 3 steps at 0 bits: 4 bits over 4 steps, not (4 + 0) / 2.
    log_prob = np.array([-4 * NATS_PER_BIT, 0.0])
    score = density_score(log_prob, np.array([1, 3]))
    assert score.bits_per_step == pytest.approx(1.0)


def test_nats_are_pooled_over_steps_and_their_mean_over_sequences_is_another_number():
    log_prob, n_scored = np.array([-4.0, 0.0]), np.array([1, 3])
    assert density_score(log_prob, n_scored).nats_per_step == pytest.approx(1.0)
    assert mean_nats_per_step(log_prob, n_scored) == pytest.approx(2.0)


def test_a_sequence_of_context_alone_has_no_nats_per_step_of_its_own():
    assert mean_nats_per_step(np.array([-4.0, 0.0]), np.array([2, 0])) == pytest.approx(2.0)


@given(st.lists(st.tuples(st.floats(-50, 0), st.integers(1, 9)), min_size=2, max_size=8))
def test_scores_of_parts_add_up_to_the_score_of_the_whole(parts):
    whole = density_score(np.array([p for p, _ in parts]), np.array([n for _, n in parts]))
    summed = sum((DensityScore(p, n) for p, n in parts[1:]), start=DensityScore(*parts[0]))
    assert summed.n_scored == whole.n_scored
    assert summed.log_prob == pytest.approx(whole.log_prob)


def test_an_impossible_sequence_costs_infinitely_many_bits():
    score = density_score(np.array([-1.0, -np.inf]), np.array([2, 2]))
    assert score.bits_per_step == score.nats_per_step == float("inf")
    assert mean_nats_per_step(np.array([-1.0, -np.inf]), np.array([2, 2])) == float("inf")
    assert bits_standard_error(np.array([-1.0, -np.inf]), np.array([2, 2])) is None


def test_perplexity_is_the_number_of_symbols_among_which_a_blind_guess_is_as_hard():
    assert DensityScore(10 * np.log(1 / 7), 10).perplexity == pytest.approx(7.0)
    assert DensityScore(-7000.0, 1).perplexity == np.inf
    assert DensityScore(-np.inf, 1).perplexity == np.inf


def test_nothing_scored_is_refused():
    with pytest.raises(DataError) as caught:
        _ = DensityScore(0.0, 0).bits_per_step
    assert str(caught.value) == "no step is scored, so there is nothing to divide by."


def test_with_equal_lengths_the_standard_error_is_that_of_a_mean():
    log_prob = np.random.default_rng(1).normal(size=30)
    expected = (log_prob / NATS_PER_BIT / 5).std(ddof=1) / 30**0.5
    assert bits_standard_error(log_prob, np.full(30, 5)) == pytest.approx(expected)


def test_the_standard_error_is_the_spread_of_the_pooled_bits_over_new_samples():
    rng = np.random.default_rng(5)
    pooled, errors = [], []
    for _ in range(400):
        n_scored = rng.integers(1, 20, size=60)
        log_prob = -1.3 * n_scored + rng.normal(size=60) * np.sqrt(n_scored)
        pooled.append(density_score(log_prob, n_scored).bits_per_step)
        errors.append(bits_standard_error(log_prob, n_scored))
    assert np.mean(errors) == pytest.approx(np.std(pooled), rel=0.12)


def test_one_sequence_has_no_standard_error():
    assert bits_standard_error(np.array([-3.0]), np.array([4])) is None
