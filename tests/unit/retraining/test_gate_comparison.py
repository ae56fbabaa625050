from dataclasses import replace

import pytest

from seqarena.retraining.gate.comparison import Gain, SliceScore, improvement, slice_losses
from seqarena.retraining.gate.settings import GateConfig

GAIN = Gain("accuracy", "share", 0.93, 0.90, 0.03, 0.01, 0.05, 0.004, 400)
RULES = GateConfig()


def test_a_gain_whose_whole_interval_lies_above_the_bound_passes():
    verdict = improvement(GAIN, RULES)
    assert verdict.result == "passed"
    assert verdict.words == (
        "accuracy 0.9300, champion 0.9000: gain +0.0300 [+0.0100, +0.0500] (p = 0.004) over 400 "
        "examples; all of the 95% interval must lie above +0."
    )
    assert verdict.numbers["low"] == 0.01


def test_a_win_by_noise_is_none():
    assert improvement(replace(GAIN, low=-0.001), RULES).result == "failed"
    assert improvement(replace(GAIN, p_value=0.06), RULES).result == "failed"


def test_two_equal_models_are_no_improvement():
    same = replace(GAIN, gain=0.0, low=0.0, high=0.0, p_value=1.0)
    assert improvement(same, RULES).result == "failed"


def test_a_larger_gain_may_be_asked_for():
    assert improvement(GAIN, GateConfig(min_gain=0.009)).result == "passed"
    assert improvement(GAIN, GateConfig(min_gain=0.01)).result == "failed"


def test_a_bound_below_zero_lets_a_model_through_that_is_not_much_worse():
    close = replace(GAIN, gain=0.0, low=-0.01, high=0.01, p_value=1.0)
    assert improvement(close, GateConfig(min_gain=-0.02)).result == "passed"
    assert improvement(close, GateConfig(min_gain=-0.01)).result == "failed"


def test_without_a_champion_there_is_nothing_to_be_better_than():
    assert improvement(None, RULES).result == "not applicable"


@pytest.mark.parametrize(
    ("ours", "theirs", "result"),
    [(2.0, None, "passed"), (None, 2.0, "failed"), (None, None, "failed")],
)
def test_a_model_that_calls_what_happened_impossible_loses(ours, theirs, result):
    unknown = replace(
        GAIN, challenger=ours, champion=theirs, gain=None, low=None, why_unknown="Infinite."
    )
    assert improvement(unknown, RULES).result == result


def slice_of(gain, n=100):
    return SliceScore("label 3", n, 0.8 + gain, 0.8, gain)


def test_a_slice_may_lose_as_much_as_the_bound_and_no_more():
    rules = GateConfig(max_slice_loss=0.125)
    results = [each.result for each in slice_losses([slice_of(-0.125), slice_of(-0.126)], rules)]
    assert results == ["passed", "failed"]


def test_a_small_slice_is_shown_and_not_judged():
    (verdict,) = slice_losses([slice_of(-0.5, n=19)], GateConfig(min_slice_examples=20))
    assert verdict.result == "not applicable"
    assert verdict.words == (
        "0.3000, champion 0.8000: -0.5000 over 19 examples; fewer than 20 judge nothing."
    )


def test_without_a_bound_every_slice_is_shown():
    (verdict,) = slice_losses([slice_of(-0.5)], GateConfig(max_slice_loss=None))
    assert (verdict.result, verdict.words[-16:]) == ("not applicable", "no limit is set.")


def test_a_slice_on_which_only_the_challenger_says_impossible_fails():
    lost = SliceScore("length above 9", 50, None, 2.0, None)
    won = SliceScore("length above 9", 50, 2.0, None, None)
    assert [each.result for each in slice_losses([lost, won], RULES)] == ["failed", "passed"]


def test_no_slice_is_said():
    (verdict,) = slice_losses([], RULES)
    assert verdict.result == "not applicable"
