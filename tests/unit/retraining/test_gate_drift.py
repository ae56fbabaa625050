import numpy as np
import pytest

from seqarena.retraining.gate.drift import (
    feature_drift,
    label_shift,
    length_drift,
    symbol_drift,
)
from seqarena.retraining.gate.settings import DataRules

RULES = DataRules()


def drawn(n, seed=0, dim=None):
    generator = np.random.default_rng(seed)
    return generator.normal(size=n if dim is None else (n, dim))


def test_the_same_lengths_have_no_distance():
    lengths = np.arange(1, 101)
    verdict = length_drift(lengths, lengths, RULES)
    assert (verdict.result, verdict.numbers["distance"]) == ("passed", 0.0)


def test_lengths_that_share_nothing_are_as_far_apart_as_can_be():
    verdict = length_drift(np.arange(1, 101), np.arange(201, 301), RULES)
    assert (verdict.result, verdict.numbers["distance"]) == ("failed", 1.0)
    assert "medians 50.5 and 250.5 steps" in verdict.words


def test_a_large_distance_of_few_examples_is_chance_and_passes():
    verdict = length_drift(np.arange(1, 101), np.array([40, 45, 50, 55, 60, 65]), RULES)
    assert verdict.numbers["distance"] > RULES.max_length_drift
    assert verdict.result == "passed"


def test_a_significant_distance_below_the_bound_passes():
    before, new = drawn(20_000), drawn(20_000, 1) + 0.1
    verdict = length_drift((1000 * before).astype(int), (1000 * new).astype(int), RULES)
    assert verdict.numbers["p"] < RULES.significance
    assert verdict.result == "passed"


def test_the_dimension_that_moved_is_named():
    new = drawn(300, 1, dim=4)
    new[:, 2] += 2.0
    verdict = feature_drift(drawn(300, dim=4), new, RULES)
    assert verdict.result == "failed"
    assert verdict.words.startswith("dimension 2 of 4 moved most")


def test_holm_multiplies_the_smallest_p_value_by_the_number_of_dimensions():
    before, new = drawn(50, dim=1), drawn(50, 1, dim=1) + 0.4
    alone = feature_drift(before, new, RULES).numbers["p"]
    same = np.zeros((50, 3))
    beside = feature_drift(np.hstack([before, same]), np.hstack([new, same]), RULES).numbers["p"]
    assert beside == pytest.approx(4 * alone)


def test_disjoint_symbols_are_one_bit_apart():
    verdict = symbol_drift(np.array([100, 0]), np.array([0, 100]), RULES)
    assert verdict.numbers["distance"] == pytest.approx(1.0)
    assert verdict.result == "failed"


def test_the_divergence_of_symbols_is_that_of_the_formula():
    # m = (5/8, 3/8); JSD = H(m) - (H(1/2) + H(3/4)) / 2, in bits.
    verdict = symbol_drift(np.array([50, 50]), np.array([75, 25]), RULES)

    def entropy(p):
        return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))

    expected = entropy(5 / 8) - (entropy(1 / 2) + entropy(3 / 4)) / 2
    assert verdict.numbers["distance"] == pytest.approx(expected)


def test_labels_that_all_became_one_are_a_shift():
    before, new = np.array([50, 50, 50]), np.array([60, 0, 0])
    verdict = label_shift(before, new, ("a", "b", "c"), RULES)
    assert verdict.result == "failed"
    assert verdict.numbers["distance"] == pytest.approx(2 / 3)
    assert "'a' moved most, by +0.667" in verdict.words


def test_labels_in_the_same_shares_are_none():
    verdict = label_shift(np.array([50, 100]), np.array([5, 10]), ("a", "b"), RULES)
    assert (verdict.result, verdict.numbers["p"]) == ("passed", 1.0)


def test_too_few_are_not_judged():
    assert length_drift(np.arange(9), np.arange(4), RULES).result == "not applicable"
    assert feature_drift(drawn(9, dim=2), drawn(4, dim=2), RULES).result == "not applicable"
    assert symbol_drift(np.array([9]), np.array([0]), RULES).result == "not applicable"
    assert label_shift(np.array([9]), np.array([0]), ("a",), RULES).result == "not applicable"
