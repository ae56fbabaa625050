"""A difference in one word and one sentence."""

from dataclasses import dataclass
from typing import Literal

from seqarena.significance.difference import Difference
from seqarena.significance.estimate import Estimate, Unknown

Word = Literal["better", "worse", "equivalent", "no difference shown", "cannot say"]
"""What can be said of the first of two systems."""

About = Literal["families", "fits"]
"""Of families, whatever their seeds, or of these very fits."""


@dataclass(frozen=True)
class Verdict:
    """What a difference allows to be said."""

    word: Word
    sentence: str
    """The same in plain words, with the numbers that it rests on."""


def verdict(
    difference: Difference,
    *,
    region: float,
    corrected: float | None = None,
    unit: str = "",
    about: About = "families",
) -> Verdict:
    """Return what may be said of a difference.

    In this order:

    * "better" or "worse", if one of the two has an infinite score and the other has not;
    * "cannot say", if there is no interval (one seed, one example, both infinite);
    * "equivalent", if the whole interval lies within the region of practical equivalence, whether
      or not it holds 0. At a confidence of 95 % this is Schuirmann's two one-sided tests (1987) at
      2.5 % each;
    * "better" or "worse", if the p-value is at most 1 less the confidence;
    * "no difference shown" otherwise, which is not to say that there is none.

    Args:
        difference: of `compare_examples`.
        region: the largest difference that does not matter, in the metric's unit; fixed before
            anything was run. 0: every difference matters.
        corrected: the p-value after correction for all pairs; None: the difference's own.
        unit: of the metric, for the sentence.
        about: families, or these very fits.
    """
    one, other = difference.names
    found = difference.of_families if about == "families" else difference.of_fits
    if isinstance(found, Unknown):
        return _without_interval(difference, found, unit)
    p_value = found.p_value if corrected is None else corrected
    after = "" if corrected is None else " after correction"
    basis = f"{_interval(found, unit)}; p = {p_value:.2g}{after}"
    if region > 0 and found.is_within(region):
        return Verdict(
            "equivalent",
            f"{one} and {other} are practically equal: {_interval(found, unit)}, all of it within "
            f"the {_amount(region, unit)} that do not matter.",
        )
    if p_value <= found.level and found.value != 0:
        word: Word = "better" if found.value > 0 else "worse"
        size = _amount(abs(found.value), unit)
        return Verdict(
            word,
            f"{one} is {word} than {other} by {size} ({basis}).{_smaller(found, region, unit)}",
        )
    largest = _amount(max(abs(found.low), abs(found.high)), unit)
    return Verdict(
        "no difference shown",
        f"No difference between {one} and {other} is shown ({basis}); one of up to {largest} is "
        "not excluded.",
    )


def _without_interval(difference: Difference, unknown: Unknown, unit: str) -> Verdict:
    one, other = difference.names
    if unknown.why == "infinite" and difference.value is not None:
        word: Word = "better" if difference.value > 0 else "worse"
        return Verdict(word, f"{one} is {word} than {other}: {unknown.sentence}")
    fits = difference.of_fits
    if isinstance(fits, Unknown):
        return Verdict("cannot say", unknown.sentence)
    return Verdict(
        "cannot say",
        f"{unknown.sentence} Of these fits alone: a difference of {_amount(fits.value, unit)} "
        f"({_interval(fits, unit)}; p = {fits.p_value:.2g}).",
    )


def _smaller(found: Estimate, region: float, unit: str) -> str:
    """Say that a difference which is there may still be too small to matter."""
    nearest = 0.0 if found.low < 0 < found.high else min(abs(found.low), abs(found.high))
    if nearest >= region:
        return ""
    return f" Whether by more than {_amount(region, unit)} is not shown."


def _interval(found: Estimate, unit: str) -> str:
    ends = f"{_amount(found.low)} to {_amount(found.high, unit)}"
    return f"{found.confidence:.0%} interval {ends}"


def _amount(number: float, unit: str = "") -> str:
    return f"{number:.3g} {unit}".rstrip()
