"""How near summaries come to what people wrote: ROUGE, by Google's `rouge-score`."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

_KINDS = ("rouge1", "rouge2", "rougeL")


@dataclass(frozen=True)
class SummaryScores:
    """F1 between summaries and references, averaged over examples: 0 to 100 (Lin 2004)."""

    rouge_1: float
    """Of single words."""
    rouge_2: float
    """Of pairs of neighbours."""
    rouge_l: float
    """Of the longest common subsequence of words."""
    standard_error: float | None
    """Of `rouge_l`, the examples taken as a sample; None for a single one."""


def summary_scores(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> SummaryScores:
    """Score summaries, with Porter's stemmer, as published results of neural models are.

    Of several references each of the three takes that with the highest F1.
    """
    shares = summary_shares(hypotheses, references)
    rouge_1, rouge_2, rouge_l = (100 * shares.mean(axis=0)).tolist()
    error = None
    if len(shares) > 1:
        error = float(100 * shares[:, 2].std(ddof=1) / len(shares) ** 0.5)
    return SummaryScores(rouge_1, rouge_2, rouge_l, error)


def summary_shares(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]]
) -> Float[np.ndarray, "examples kinds"]:
    """Return F1 of each example, a share, as ROUGE-1, ROUGE-2 and ROUGE-L."""
    # Imported here: it draws in NLTK's stemmer, which only summaries need.
    from rouge_score.rouge_scorer import RougeScorer

    scorer = RougeScorer(_KINDS, use_stemmer=True)
    found = [
        scorer.score_multi(own, text) for text, own in zip(hypotheses, references, strict=True)
    ]
    return np.array([[each[kind].fmeasure for kind in _KINDS] for each in found])
