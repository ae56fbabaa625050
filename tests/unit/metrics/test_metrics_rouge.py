import pytest

from seqarena.metrics.rouge import summary_scores

pytestmark = pytest.mark.slow


def test_the_three_scores_are_those_of_a_worked_example():
    # Written: 4 words, wanted: 5. Words in common: meeting, on, friday; pairs: on friday;
    # longest common subsequence: meeting on friday.
    scores = summary_scores(["meeting moved on friday"], [["the meeting is on friday"]])
    assert scores.rouge_1 == pytest.approx(100 * 2 * 3 / 9)
    assert scores.rouge_2 == pytest.approx(100 * 2 * 1 / 7)
    assert scores.rouge_l == pytest.approx(100 * 2 * 3 / 9)
    assert scores.standard_error is None


def test_order_counts_for_the_longest_common_subsequence_alone():
    scores = summary_scores(["friday meeting"], [["meeting friday"]])
    assert scores.rouge_1 == pytest.approx(100.0)
    assert scores.rouge_l == pytest.approx(50.0)


def test_words_are_stemmed_and_of_several_references_the_nearest_counts():
    assert summary_scores(["meetings"], [["lunch", "meeting"]]).rouge_l == pytest.approx(100.0)


def test_examples_count_alike_and_tell_the_standard_error():
    scores = summary_scores(["a b", "c"], [["a b"], ["d"]])
    assert scores.rouge_l == pytest.approx(50.0)
    assert scores.standard_error == pytest.approx(50.0)


def test_an_empty_summary_scores_nothing():
    assert summary_scores([""], [["meeting"]]).rouge_l == 0.0
