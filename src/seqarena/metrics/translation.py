"""How near translations come to what people wrote: sacreBLEU's corpus BLEU, and chrF."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from seqarena.errors import DataError

Texts = Sequence[Sequence[str]]
"""The references of each example."""

_N_BOOTSTRAP = 1000
_DEVIATIONS = 1.96
"""Standard errors on either side of a normal mean that 95 % lie within."""


@dataclass(frozen=True)
class TranslationScores:
    """Two views of the same translations, of detokenised text."""

    bleu: float
    """Corpus BLEU (Papineni et al. 2002), 0 to 100, under `signature` (Post 2018)."""
    standard_error: float | None
    """Of BLEU, the examples taken as a sample; None for a single one."""
    chrf: float
    """F of character n-grams, recall twice as heavy (Popovic 2015), 0 to 100."""
    signature: str
    """What exactly was computed, in sacreBLEU's words."""


def translation_scores(hypotheses: Sequence[str], references: Texts) -> TranslationScores:
    """Score detokenised translations; sacreBLEU tokenises both sides itself (13a).

    The standard error is half the width of sacreBLEU's own bootstrap interval of 95 % (1,000
    resamples of the examples under its fixed seed) over 1.96.

    Raises:
        DataError: examples have different numbers of references.
    """
    # Imported here: only translations need it.
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    streams = _streams(references)
    bleu = BLEU()
    found = bleu.corpus_score(hypotheses, streams)
    signature = str(bleu.get_signature())
    error = None
    if len(hypotheses) > 1:
        resampled = BLEU().corpus_score(hypotheses, streams, n_bootstrap=_N_BOOTSTRAP)
        error = float(resampled._ci) / _DEVIATIONS
    chrf = CHRF().corpus_score(hypotheses, streams)
    return TranslationScores(float(found.score), error, float(chrf.score), signature)


def bleu_signature(n_references: int) -> str:
    """Return what sacreBLEU says of how it computes BLEU here."""
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU()
    bleu.corpus_score(["a"], [["a"]] * n_references)
    return str(bleu.get_signature())


def _streams(references: Texts) -> list[list[str]]:
    """Turn the references of each example into what sacreBLEU takes: the first of all, and so on.

    Raises:
        DataError: examples have different numbers of references.
    """
    numbers = sorted(set(map(len, references)))
    if len(numbers) != 1:
        raise DataError(
            f"examples have {' or '.join(map(str, numbers))} references; corpus BLEU needs the "
            "same number for each."
        )
    return [list(texts) for texts in zip(*references, strict=True)]


def bleu_counts(hypotheses: Sequence[str], references: Texts) -> Float[np.ndarray, "examples 10"]:
    """Return sacreBLEU's own counts of each example, which add up to those of a corpus.

    They are the lengths of output and reference, the right n-grams of 1 to 4 words, and all of
    them.

    Raises:
        DataError: examples have different numbers of references.
    """
    from sacrebleu.metrics.bleu import BLEU

    counts = BLEU()._extract_corpus_statistics(hypotheses, _streams(references))
    return np.asarray(counts, dtype=np.float64)


def chrf_counts(hypotheses: Sequence[str], references: Texts) -> Float[np.ndarray, "examples 18"]:
    """Return sacreBLEU's counts of character n-grams: of output, reference and both, by order.

    Raises:
        DataError: examples have different numbers of references.
    """
    from sacrebleu.metrics.chrf import CHRF

    counts = CHRF()._extract_corpus_statistics(hypotheses, _streams(references))
    return np.asarray(counts, dtype=np.float64)
