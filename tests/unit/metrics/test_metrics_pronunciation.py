import pytest

from seqarena.metrics.pronunciation import pronunciation_scores


def test_the_nearest_pronunciation_counts_and_its_length_divides():
    # "T AH M" is one edit from the second way, which has 4 phonemes; the other word is right.
    scores = pronunciation_scores(
        ["T AH M", "K AE T"], [["T OW M EY T OW", "T AH M OW"], ["K AE T"]]
    )
    assert scores.phoneme_error_rate == pytest.approx(1 / 7)
    assert scores.word_error_rate == 0.5


def test_among_equally_near_ones_the_first_counts():
    scores = pronunciation_scores(["A B"], [["A B C", "A"]])
    assert scores.phoneme_error_rate == pytest.approx(1 / 3)


def test_nothing_written_is_as_many_edits_as_there_are_phonemes():
    scores = pronunciation_scores([""], [["K AE T"]])
    assert scores.phoneme_error_rate == 1.0
    assert scores.standard_error is None


def test_the_standard_error_is_that_of_a_ratio_of_sums():
    # Edits 0 and 2 over 2 and 2 phonemes: residuals -1 and 1.
    scores = pronunciation_scores(["A B", "C D"], [["A B"], ["E F"]])
    assert scores.standard_error == pytest.approx((2 * 2) ** 0.5 / 4)
