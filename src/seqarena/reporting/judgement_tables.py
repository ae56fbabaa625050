"""The pairs of a task as rows: of words for a page, of numbers for a CSV file."""

import csv
from io import StringIO

from seqarena.reporting import formatting
from seqarena.reporting.inert import inert
from seqarena.reporting.judgement import JudgedPair, TaskJudgement

PAIRS = (
    "first",
    "second",
    "verdict",
    "gain",
    "interval",
    "p, corrected",
    "P(better, equal, worse)",
    "effect size",
    "of these fits alone",
)
"""What `judged_pair_rows` tells, in its order."""

ABOUT_PAIRS = (
    "Gain: how much better the first is, in the metric's unit, whatever its direction. Interval "
    "and p: over other seeds and other examples; p after Holm's correction for all pairs of the "
    "task. Of these fits alone: the interval over other examples, seeds left as they are."
)

_COLUMNS = (
    "one",
    "other",
    "word",
    "value",
    "low",
    "high",
    "p_value",
    "corrected",
    "effect_size",
    "superiority",
    "better",
    "equal",
    "worse",
    "fits_low",
    "fits_high",
    "fits_p_value",
    "method",
    "sentence",
)


def judged_pair_rows(judgement: TaskJudgement) -> list[tuple[str, ...]]:
    """Return a row of words for each pair, in the order in which they were asked for."""
    labels = {cell.experiment: cell.label for cell in judgement.cells}
    digits = judgement.question.metric.digits
    return [_row(pair, labels, digits) for pair in judgement.pairs]


def pairs_csv(judgement: TaskJudgement) -> str:
    """Return a CSV file with all numbers of each pair; a number that is not known is empty."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for pair in judgement.pairs:
        writer.writerow([_cell(getattr(pair, name)) for name in _COLUMNS])
    return text.getvalue()


def _cell(value: str | float | int | None) -> str | float | int:
    if isinstance(value, str):
        return inert(value)
    return "" if value is None else value


def _row(pair: JudgedPair, labels: dict[str, str], digits: int) -> tuple[str, ...]:
    return (
        labels.get(pair.one, pair.one),
        labels.get(pair.other, pair.other),
        pair.word,
        formatting.signed(pair.value, digits),
        _ends(pair.low, pair.high, digits),
        formatting.probability(pair.corrected),
        _probabilities(pair),
        formatting.signed(pair.effect_size, 2),
        _ends(pair.fits_low, pair.fits_high, digits),
    )


def _ends(low: float | None, high: float | None, digits: int) -> str:
    if low is None or high is None:
        return formatting.MISSING
    return f"{formatting.signed(low, digits)} to {formatting.signed(high, digits)}"


def _probabilities(pair: JudgedPair) -> str:
    shares = (pair.better, pair.equal, pair.worse)
    if any(share is None for share in shares):
        return formatting.MISSING
    return ", ".join(formatting.plain(share, 2) for share in shares)
