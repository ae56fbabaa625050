import math

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU

from seqarena.significance.scores import bits, bleu, f1, perplexity, ratio

OUTPUTS = [
    "the cat sat on the mat today",
    "a dog",
    "",
    "one two three four five",
    "no match at all here",
    "far more words than there are in what was asked for",
]
REFERENCES = [
    "the cat sat on a mat today",
    "the dog barked",
    "nothing was written",
    "one two three four five",
    "quite another text stands there",
    "more words than there are",
]


def test_a_mean_is_pooled_over_unequal_sizes():
    sums = np.array([[[1.0, 4.0], [3.0, 4.0]]])
    assert ratio(sums).tolist() == [[0.25, 0.75]]
    assert np.isnan(ratio(np.zeros(2)))


def test_nats_become_bits_and_perplexity():
    sums = np.array([2 * math.log(8), 2.0])
    assert bits(sums) == pytest.approx(3.0)
    assert perplexity(sums) == pytest.approx(8.0)


def test_f1_of_links_is_the_harmonic_mean_of_precision_and_recall():
    # Precision 3/4, recall 3/6.
    assert f1(np.array([3.0, 4.0, 6.0])) == pytest.approx(2 * 0.75 * 0.5 / 1.25)
    assert f1(np.zeros(3)) == 0.0


def statistics_of(outputs, references):
    metric = BLEU()
    return np.array(metric._extract_corpus_statistics(outputs, [references]), dtype=np.float64)


@pytest.mark.parametrize(
    "picked", [[0], [0, 1], [1], [2], [0, 2, 3], [4], [1, 4], [3], [5], [0, 1, 2, 3, 4, 5]]
)
def test_bleu_is_that_of_sacrebleu(picked):
    outputs, references = ([texts[place] for place in picked] for texts in (OUTPUTS, REFERENCES))
    expected = BLEU().corpus_score(outputs, [references]).score
    assert bleu(statistics_of(outputs, references).sum(axis=0)) == pytest.approx(expected)


def test_bleu_of_many_sums_is_that_of_each():
    sums = statistics_of(OUTPUTS, REFERENCES)[:, None] + np.zeros((1, 2, 1))
    assert bleu(sums).shape == (6, 2)
    assert bleu(sums)[:, 1].tolist() == [float(bleu(each)) for each in sums[:, 0]]
