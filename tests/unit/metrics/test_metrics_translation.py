import math
import subprocess
import sys
from collections import Counter

import pytest

from seqarena.errors import DataError
from seqarena.metrics.translation import bleu_signature, translation_scores

GOLD = ["A man sleeps in a green room .", "Two young dogs run on the grass .", "He is old ."]
WRITTEN = ["A man sleeps in a room .", "Two dogs run on the green grass .", "She is very old ."]


def bleu_by_hand(written: list[str], gold: list[str]) -> float:
    """Papineni et al. (2002) on words that spaces separate, no order without a match."""
    matches, totals = Counter(), Counter()
    for text, reference in zip(written, gold, strict=True):
        words, wanted = text.split(), reference.split()
        for n in range(1, 5):
            own, other = (
                Counter(tuple(each[i : i + n]) for i in range(len(each) - n + 1))
                for each in (words, wanted)
            )
            matches[n] += sum((own & other).values())
            totals[n] += sum(own.values())
    n_written, n_gold = (sum(len(text.split()) for text in texts) for texts in (written, gold))
    brevity = min(0.0, 1 - n_gold / n_written)
    return 100 * math.exp(brevity + sum(math.log(matches[n] / totals[n]) for n in range(1, 5)) / 4)


@pytest.mark.slow
def test_bleu_is_that_of_the_formula():
    scores = translation_scores(WRITTEN, [[text] for text in GOLD])
    assert scores.bleu == pytest.approx(bleu_by_hand(WRITTEN, GOLD))


def test_gold_against_itself_is_100_and_certain():
    scores = translation_scores(GOLD, [[text] for text in GOLD])
    assert scores.bleu == pytest.approx(100.0)
    assert scores.chrf == pytest.approx(100.0)
    assert scores.standard_error == pytest.approx(0.0, abs=1e-5)


def test_case_and_marks_count():
    lowered = [text.lower() for text in GOLD]
    scores = translation_scores(lowered, [[text] for text in GOLD])
    assert scores.bleu < 95
    assert "case:mixed" in scores.signature


def test_one_example_has_no_standard_error():
    assert translation_scores(GOLD[:1], [GOLD[:1]]).standard_error is None


def test_the_signature_can_be_told_before_anything_is_scored():
    assert translation_scores(GOLD, [[text] for text in GOLD]).signature == bleu_signature(1)


def test_examples_with_unlike_numbers_of_references_are_refused():
    with pytest.raises(DataError) as error:
        translation_scores(GOLD, [GOLD[:1], GOLD[1:3], GOLD[2:]])
    assert str(error.value) == (
        "examples have 1 or 2 references; corpus BLEU needs the same number for each."
    )


@pytest.mark.slow
def test_the_command_of_sacrebleu_prints_the_same_number(tmp_path):
    for name, texts in (("gold", GOLD), ("written", WRITTEN)):
        (tmp_path / name).write_text("\n".join(texts) + "\n")
    command = [sys.executable, "-m", "sacrebleu", tmp_path / "gold", "-i", tmp_path / "written"]
    told = subprocess.run(
        [*command, "-b", "-w", "6"], capture_output=True, text=True, check=True
    ).stdout
    assert float(told) == pytest.approx(
        translation_scores(WRITTEN, [[text] for text in GOLD]).bleu, abs=1e-6
    )
