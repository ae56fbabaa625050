from dataclasses import replace

import numpy as np
import pytest

from comparison_scenes import family, fixed_family, influence, run
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.comparison.family_pairs import compare_families
from seqarena.errors import DataError


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def only(*families):
    (pair,) = compare_families(families).pairs
    return pair


def test_planted_families_are_told_apart_and_like_ones_are_not(rng):
    found = compare_families(
        [family("a", 1, rng, 5), family("b", 3, rng, 5), family("c", 3, rng, 5)]
    )
    assert {(pair.one, pair.other): pair.verdict for pair in found.pairs} == {
        ("a", "b"): "different",
        ("a", "c"): "different",
        ("b", "c"): "no difference",
    }
    assert found.pairs[0].corrected == pytest.approx(3 * 2 / 252)


def test_three_seeds_are_too_few_for_a_verdict_and_the_noise_is_told(rng):
    pair = only(family("a", 1, rng), family("b", 3, rng))
    assert pair.verdict == "too few seeds"
    assert pair.sentence == (
        "Every two fits across are farther apart than any two seeds of one of them. No p-value of "
        "so few fits is below 0.1: no verdict."
    )


def test_the_number_of_pairs_counts_among_the_seeds_that_are_needed(rng):
    families = [family(name, 1 + place, rng, 4) for place, name in enumerate("abc")]
    assert only(*families[:2]).verdict == "different"
    found = compare_families(families)
    assert {pair.verdict for pair in found.pairs} == {"too few seeds"}
    assert "and 3 pairs were tested" in found.pairs[0].sentence


def test_a_single_seed_lets_nothing_be_said(rng):
    pair = only(family("a", 1, rng, 1), family("b", 3, rng))
    assert pair.verdict == "one seed"
    assert "nothing can be said" in pair.sentence


def test_the_same_fits_twice_do_not_differ(rng):
    one = family("a", 1, rng)
    assert only(one, one).verdict == "no difference"


def test_families_without_seeds_need_no_test():
    pair = only(fixed_family("a", 1), fixed_family("b", 2))
    assert (pair.verdict, pair.gap.between, pair.n_tests) == ("different", 1.0, 0)
    assert "neither depends on the seed" in pair.sentence
    assert only(fixed_family("a", 1), fixed_family("b", 1)).verdict == "no difference"


def test_a_family_that_looks_nowhere_has_no_distance(rng):
    blind = FamilyMaps(
        "blind", tuple(run([influence(np.zeros((10, 10)))] * 2, seed) for seed in range(3))
    )
    pair = only(blind, family("b", 1, rng))
    assert (pair.verdict, pair.gap.n_rows, pair.gap.n_one) == ("no rows", 0, 9 * 2 * 9)


def test_seed_noise_is_the_distance_of_two_seeds(rng):
    found = compare_families([fixed_family("a", 1), family("b", 1, rng), family("c", 1, rng, 1)])
    assert found.seed_noise(0) == 0
    assert found.seed_noise(1) == pytest.approx(found.pairs[0].gap.within[1])
    assert np.isnan(found.seed_noise(2))


def test_other_probe_sets_are_refused_with_both_checksums(rng):
    one, other = family("a", 1, rng), family("b", 1, rng)
    altered = replace(other, runs=(replace(other.runs[0], probe_set="q" * 64),))
    with pytest.raises(DataError) as caught:
        compare_families([one, altered])
    assert str(caught.value) == (
        f"a, seed 0 was asked about probe set {'p' * 64}, b, seed 0 about {'q' * 64}; only maps "
        "of the same examples can be compared. Evaluate both on the same task and data."
    )


@pytest.mark.parametrize(
    ("key", "theirs", "told"), [("sha256", "ab", "'ab'"), ("steps", [8], "[8]"), ("seed", 1, "1")]
)
def test_answers_to_other_questions_are_refused(rng, key, theirs, told):
    question = {"sha256": "aa", "steps": [10], "seed": 0}

    def asked(name, question):
        of = family(name, 1, rng)
        return replace(of, runs=tuple(replace(each, question=question) for each in of.runs))

    one = asked("a", question)
    compare_families([one, asked("b", dict(question))])
    with pytest.raises(DataError) as caught:
        compare_families([one, asked("b", {**question, key: theirs})])
    assert str(caught.value) == (
        f"replacement.{key}: a, seed 0 has {question[key]!r}, b, seed 0 has {told}; only answers "
        "to the same question can be compared. Evaluate both with the same `influence` settings, "
        "on the same data."
    )
    with pytest.raises(DataError, match=r"b, seed 0 has None"):
        compare_families([one, family("b", 1, rng)])


def test_other_symbols_of_a_probe_are_refused(rng):
    one, other = family("a", 1, rng), family("b", 1, rng)
    capture = other.runs[0].capture
    probe = replace(capture.probes[1], steps=tuple("zbcdefghij"))
    capture = replace(capture, probes=(capture.probes[0], probe))
    altered = FamilyMaps("b", (replace(other.runs[0], capture=capture),))
    with pytest.raises(DataError, match=r"probe 1: a, seed 0 has .*'a b c d e f g h', b, seed 0"):
        compare_families([one, altered])


def test_nothing_to_compare_is_refused():
    with pytest.raises(DataError, match="no run to compare"):
        compare_families([])
