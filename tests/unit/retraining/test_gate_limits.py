import pytest

from seqarena.retraining.gate.limits import (
    Cost,
    calibration_limit,
    calibration_loss,
    cost_limits,
    enough_examples,
)
from seqarena.retraining.gate.settings import GateConfig

COST = Cost(n_parameters=7000, training_flops=4e9, fit_seconds=12.5, latency_ms=3.0)


@pytest.mark.parametrize(("n", "result"), [(49, "failed"), (50, "passed")])
def test_a_minimum_of_test_examples(n, result):
    assert enough_examples(n, GateConfig(min_test_examples=50)).result == result


def test_every_cost_is_shown_where_no_limit_is_set():
    verdicts = cost_limits(COST, GateConfig())
    assert {each.result for each in verdicts} == {"not applicable"}
    assert [each.words for each in verdicts] == [
        "7,000; no limit is set.",
        "4e+09; no limit is set.",
        "12.5 s; no limit is set.",
        "3 ms an example; no limit is set.",
    ]


@pytest.mark.parametrize(
    ("field", "most", "place"),
    [
        ("max_parameters", 7000, 0),
        ("max_training_flops", 4e9, 1),
        ("max_fit_seconds", 12.5, 2),
        ("max_latency_ms", 3.0, 3),
    ],
)
def test_a_limit_is_kept_at_its_value_and_broken_below(field, most, place):
    at = cost_limits(COST, GateConfig(**{field: most}))[place]
    below = cost_limits(COST, GateConfig(**{field: type(most)(most * 0.9)}))[place]
    assert (at.result, below.result) == ("passed", "failed")
    assert at.numbers["value"] == most


def test_what_was_not_measured_is_no_failure():
    cost = Cost(None, None, None, None)
    verdict = cost_limits(cost, GateConfig(max_training_flops=10.0))[1]
    assert verdict.result == "not applicable"
    assert verdict.words == "was not measured for this family or task; the limit is 10."


def test_calibration_may_get_worse_by_the_bound():
    rules = GateConfig(max_calibration_loss=0.25)
    assert calibration_loss(0.5, 0.25, rules).result == "passed"
    assert calibration_loss(0.51, 0.25, rules).result == "failed"
    assert calibration_loss(None, None, rules).result == "not applicable"
    assert calibration_loss(0.1, None, rules).result == "not applicable"


def test_calibration_has_a_limit_of_its_own():
    assert calibration_limit(0.1, GateConfig(max_calibration_error=0.1)).result == "passed"
    assert calibration_limit(0.11, GateConfig(max_calibration_error=0.1)).result == "failed"
