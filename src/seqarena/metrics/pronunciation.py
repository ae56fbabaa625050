"""How near written pronunciations come to those of a dictionary."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from rapidfuzz.distance import Levenshtein

from seqarena.metrics.ratio import ratio_standard_error


@dataclass(frozen=True)
class PronunciationScores:
    """Two views of the same pronunciations."""

    phoneme_error_rate: float
    """Edits per phoneme of the nearest pronunciations; above 1 when outputs are much too long."""
    standard_error: float | None
    """Of the phoneme error rate, the words taken as a sample; None for a single one."""
    word_error_rate: float
    """Share of words that are pronounced in none of their ways."""


def pronunciation_scores(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> PronunciationScores:
    """Score phonemes, separated by spaces, against the pronunciations of each word.

    Each word is compared with its nearest pronunciation, whose length is what the edits are divided
    by; among equally near ones with the first (Yao & Zweig 2015).
    """
    edits, lengths = pronunciation_edits(hypotheses, references).T
    return PronunciationScores(
        phoneme_error_rate=float(edits.sum() / lengths.sum()),
        standard_error=ratio_standard_error(edits, lengths),
        word_error_rate=float((edits > 0).mean()),
    )


def pronunciation_edits(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> Int[np.ndarray, "examples 2"]:
    """Return the edits to the nearest pronunciation of each word, and how long that is."""
    return np.array(
        [_nearest(text.split(), own) for text, own in zip(hypotheses, references, strict=True)]
    )


def _nearest(phonemes: list[str], references: Sequence[str]) -> tuple[int, int]:
    """Return the edits to the nearest reference, and its length."""
    split = [text.split() for text in references]
    found = [(Levenshtein.distance(phonemes, own), len(own)) for own in split]
    return min(found, key=lambda pair: pair[0])
