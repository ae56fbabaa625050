import math
from dataclasses import replace

import pytest

from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Estimate, Unknown
from seqarena.significance.verdict import verdict


def estimate(low, high, p_value):
    value = (low + high) / 2
    return Estimate(value, low, high, p_value, (high - low) / 4, 10.0, 0.95, "by hand")


def difference(found, fits=None):
    return Difference(
        names=("lstm", "gru"),
        scores=((1.0, 1.0), (1.0, 1.0)),
        value=found.value if isinstance(found, Estimate) else 0.0,
        of_families=found,
        of_fits=fits or found,
        effect_size=0.0,
        superiority=0.5,
        n_examples=10,
        n_impossible=(0, 0),
    )


CASES = [
    (
        estimate(0.02, 0.06, 0.001),
        "better",
        "lstm is better than gru by 0.04 bits (95% interval 0.02 to 0.06 bits; p = 0.001).",
    ),
    (
        estimate(-0.06, -0.005, 0.02),
        "worse",
        "lstm is worse than gru by 0.0325 bits (95% interval -0.06 to -0.005 bits; p = 0.02). "
        "Whether by more than 0.01 bits is not shown.",
    ),
    (
        estimate(-0.004, 0.009, 0.3),
        "equivalent",
        "lstm and gru are practically equal: 95% interval -0.004 to 0.009 bits, all of it within "
        "the 0.01 bits that do not matter.",
    ),
    (
        estimate(-0.02, 0.05, 0.4),
        "no difference shown",
        "No difference between lstm and gru is shown (95% interval -0.02 to 0.05 bits; p = 0.4); "
        "one of up to 0.05 bits is not excluded.",
    ),
]


@pytest.mark.parametrize(("found", "word", "sentence"), CASES)
def test_a_verdict_and_its_sentence(found, word, sentence):
    told = verdict(difference(found), region=0.01, unit="bits")
    assert (told.word, told.sentence) == (word, sentence)


def test_a_difference_that_is_certain_and_too_small_to_matter_is_an_equivalence():
    told = verdict(difference(estimate(0.001, 0.002, 1e-4)), region=0.01)
    assert told.word == "equivalent"


def test_without_a_region_nothing_is_equivalent():
    exact = Estimate(0.0, 0.0, 0.0, 1.0, 0.0, 9.0, 0.95, "by hand")
    assert verdict(difference(exact), region=0.0).word == "no difference shown"


def test_the_corrected_p_value_decides():
    told = verdict(difference(estimate(0.02, 0.06, 0.01)), region=0.01, corrected=0.08, unit="bits")
    assert told.word == "no difference shown"
    assert told.sentence == (
        "No difference between lstm and gru is shown (95% interval 0.02 to 0.06 bits; p = 0.08 "
        "after correction); one of up to 0.06 bits is not excluded."
    )


def test_the_confidence_sets_the_level():
    at_90 = replace(estimate(0.02, 0.06, 0.08), confidence=0.9)
    assert verdict(difference(at_90), region=0.01).word == "better"
    at_99 = replace(estimate(0.02, 0.06, 0.03), confidence=0.99)
    assert verdict(difference(at_99), region=0.01).word == "no difference shown"


def test_one_seed_cannot_say_and_tells_of_the_fits():
    unknown = Unknown("one seed", "There is one seed of lstm.")
    both = difference(unknown, estimate(0.02, 0.06, 0.001))
    told = verdict(both, region=0.01, unit="bits")
    assert (told.word, told.sentence) == (
        "cannot say",
        "There is one seed of lstm. Of these fits alone: a difference of 0.04 bits (95% interval "
        "0.02 to 0.06 bits; p = 0.001).",
    )
    assert verdict(both, region=0.01, about="fits").word == "better"


def test_what_is_known_of_neither_fits_nor_families_is_not_said():
    unknown = Unknown("one example", "There is one example.")
    told = verdict(difference(unknown), region=0.01)
    assert (told.word, told.sentence) == ("cannot say", "There is one example.")


@pytest.mark.parametrize(("value", "word"), [(math.inf, "better"), (-math.inf, "worse")])
def test_an_infinite_score_needs_no_test(value, word):
    unknown = Unknown("infinite", "One called an example impossible.")
    told = verdict(replace(difference(unknown), value=value), region=0.01)
    assert told.word == word
    assert told.sentence == f"lstm is {word} than gru: One called an example impossible."


def test_two_infinite_scores_give_no_verdict():
    unknown = Unknown("both infinite", "Both called examples impossible.")
    told = verdict(replace(difference(unknown), value=None), region=0.01)
    assert told.word == "cannot say"
