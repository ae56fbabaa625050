"""Posteriors of alignment models beside attention: who finds the gold links, and do they agree?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqarena.attribution.alignment_picture import draw_alignments
from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.diagnostics.link_measures import AlignmentPair, alignment_pair, is_cross
from seqarena.attribution.viewer.viewed import ViewedTable

ABOUT_ALIGNMENTS = (
    "Posteriors of links sum over alignments, and attention is a soft alignment over which nobody "
    "summed (Deng et al. 2018): read as one row both, they are not the same thing. F1: each "
    "output's strongest input step against the gold links, mean over probes and fits."
)

MOST_DRAWN = 4
"""Families on a picture."""


@dataclass(frozen=True)
class AlignmentsBeside:
    """An alignment model and a network with attention, over all probes and pairs of fits."""

    aligner: str
    network: str
    aligner_f1: float
    """NaN where no gold links are known."""
    network_f1: float
    divergence: float
    """Mean row divergence of the two, heads averaged [bits]; NaN: there is no row."""
    n_rows: int


def cross_map(maps: Sequence[ProbeMap]) -> ProbeMap | None:
    """Return the last map from outputs to inputs; None: there is none."""
    return next((one for one in reversed(maps) if is_cross(one)), None)


def are_aligned(families: Sequence[FamilyMaps]) -> bool:
    """Say whether an alignment model stands beside a network that looks from words at words."""
    return {"posterior", "weights"} <= {_kind(each) for each in families}


def alignments_beside(families: Sequence[FamilyMaps]) -> tuple[AlignmentsBeside, ...]:
    """Set every alignment model beside every network that looks from words at words."""
    return tuple(
        _beside(one, other)
        for one in families
        for other in families
        if _kind(one) == "posterior" and _kind(other) == "weights"
    )


def alignment_table(families: Sequence[FamilyMaps]) -> ViewedTable | None:
    """Return them as a table of a page; None where there is no such pair."""
    rows = tuple(
        (
            f"{each.aligner} and {each.network}",
            each.aligner_f1,
            each.network_f1,
            each.divergence,
            each.n_rows,
        )
        for each in alignments_beside(families)
    )
    head = (
        "alignment model and network",
        "F1 of the posterior",
        "F1 of the attention",
        "between [bits]",
        "rows",
    )
    title = "Alignments side by side"
    return ViewedTable(title, head, rows, ABOUT_ALIGNMENTS) if rows else None


def alignment_picture(families: Sequence[FamilyMaps]) -> bytes | None:
    """Draw the links of every family of the first probe, side by side; None where none are.

    Those of the first seed, at most `MOST_DRAWN` families.
    """
    if not are_aligned(families):
        return None
    found = [
        (each.name, one)
        for each in families
        if (one := cross_map(each.runs[0].capture.maps[0])) is not None
    ]
    return draw_alignments(families[0].probes[0], found[:MOST_DRAWN])


def _kind(family: FamilyMaps) -> str | None:
    """Return what a family's maps from words to words are; None: it has none."""
    first = family.runs[0].capture
    for probe, maps in zip(first.probes, first.maps, strict=True):
        one = cross_map(maps)
        if one is not None and probe.steps is not None:
            return one.kind
    return None


def _beside(one: FamilyMaps, other: FamilyMaps) -> AlignmentsBeside:
    found = list(_pairs(one, other))
    n_rows = sum(each.n_rows for each in found)
    total = sum(each.divergence * each.n_rows for each in found)
    return AlignmentsBeside(
        one.name,
        other.name,
        _mean([each.first_f1 for each in found]),
        _mean([each.second_f1 for each in found]),
        total / n_rows if n_rows else float("nan"),
        n_rows,
    )


def _pairs(one: FamilyMaps, other: FamilyMaps) -> Iterator[AlignmentPair]:
    for ours in one.runs:
        for theirs in other.runs:
            both = zip(ours.capture.probes, ours.capture.maps, theirs.capture.maps, strict=True)
            for probe, first, second in both:
                maps = cross_map(first), cross_map(second)
                if maps[0] is not None and maps[1] is not None:
                    yield alignment_pair(maps[0], maps[1], probe)


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")
