import numpy as np
import pytest

from seqarena.errors import DataError
from seqarena.significance.scores import ratio
from seqarena.significance.statistics import ExampleStatistics, alike


def system(parts, ids, higher_is_better=True, score=ratio):
    """One seed per row of `parts`, every example of size 1."""
    parts = np.atleast_2d(np.asarray(parts, dtype=np.float64))
    values = np.stack([parts, np.ones_like(parts)], axis=2)
    return ExampleStatistics(values, score, higher_is_better, tuple(ids))


def message(build):
    with pytest.raises(DataError) as caught:
        build()
    return str(caught.value)


def test_the_score_of_each_seed_is_that_of_the_sums_over_examples():
    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[0.0, 2.0], [3.0, 2.0]]])
    scored = ExampleStatistics(values, ratio, True, ("a", "b"))
    assert scored.seed_scores().tolist() == [4 / 6, 3 / 4]
    assert (scored.n_seeds, scored.n_examples) == (2, 2)


def test_nan_is_refused_with_its_example_its_seed_and_how_many_there_are():
    assert message(lambda: system([[0, 1, 2], [0, np.nan, np.nan]], "abc")) == (
        "example 'b' of seed 1 has a statistic that is NaN (2 of 6 such examples and seeds); leave "
        "out neither: mend the score that gave it."
    )


def test_what_is_infinitely_good_is_refused():
    assert message(lambda: system([[0, -np.inf]], "ab")) == (
        "example 'b' of seed 0 has a statistic that is minus infinity (1 of 2 such examples and "
        "seeds); leave out neither: mend the score that gave it."
    )
    degenerate = system([[0, np.inf]], "ab", higher_is_better=True)
    assert message(degenerate.seed_scores) == (
        "the score of seed 0 over 2 examples is infinitely good, which no comparison can use; look "
        "at this fit's own scores."
    )


def test_what_was_called_impossible_makes_the_score_infinite_and_not_nan():
    scored = system([[1, np.inf], [1, 2]], "ab", higher_is_better=False)
    assert scored.seed_scores().tolist() == [np.inf, 1.5]
    assert scored.is_impossible.tolist() == [False, True]


def test_a_score_that_is_nan_is_refused():
    empty = ExampleStatistics(np.zeros((1, 2, 2)), ratio, True, ("a", "b"))
    assert message(empty.seed_scores) == (
        "the score of seed 0 over 2 examples is NaN, which no comparison can use; look at this "
        "fit's own scores."
    )


def test_a_score_that_keeps_the_statistics_is_refused():
    wrong = system([[1, 2], [3, 4]], "ab", score=lambda sums: sums)
    assert message(wrong.seed_scores) == (
        "the score of 2 seeds has shape (2, 2); it must take (..., k) and return (...)."
    )


@pytest.mark.parametrize(
    ("shape", "ids", "text"),
    [
        (
            (0, 2, 1),
            ("a", "b"),
            "statistics of shape (0, 2, 1) hold nothing; they need at least one seed, one example "
            "and one number each.",
        ),
        ((1, 2, 1), ("a",), "1 ids for 2 examples; each example needs one."),
        (
            (1, 3, 1),
            ("a", "b", "a"),
            "ids that occur more than once: 1, first 'a'; each must stand for one example.",
        ),
    ],
)
def test_statistics_without_a_clear_example_each_are_refused(shape, ids, text):
    assert message(lambda: ExampleStatistics(np.zeros(shape), ratio, True, ids)) == text


def test_systems_are_laid_side_by_side_by_the_names_of_their_examples():
    one, other = system([[1, 2, 3]], "cab"), system([[1, 2, 3]], "abc")
    ordered = alike({"one": one, "other": other})
    assert ordered["one"].ids == ordered["other"].ids == ("a", "b", "c")
    assert ordered["one"].values[0, :, 0].tolist() == [2, 3, 1]
    assert ordered["other"].values[0, :, 0].tolist() == [1, 2, 3]


def test_other_examples_are_refused_by_name():
    one, other = system([[0] * 6], "abcdef"), system([[0] * 2], "az")
    assert message(lambda: alike({"lstm": one, "gru": other})) == (
        "lstm and gru were not scored on the same examples: 5 examples only in lstm, first 'b', "
        "'c', 'd'; 1 example only in gru, first 'z'; score both on one test split."
    )


def test_another_metric_is_refused():
    one, other = system([[0]], "a"), system([[0]], "a", higher_is_better=False)
    assert message(lambda: alike({"lstm": one, "gru": other})) == (
        "lstm and gru are not scored by one metric: 2 statistics per example, higher is better "
        "against 2 statistics per example, lower is better; compare numbers of the same metric."
    )
