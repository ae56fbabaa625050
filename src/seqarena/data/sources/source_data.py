"""What every source hands over."""

from dataclasses import dataclass, field, replace

from seqarena.data.candidates import Candidates, ranked_among
from seqarena.data.links import links_of_spans
from seqarena.data.manifest import BestPossible, Fact, Provenance
from seqarena.data.part import Part, Parts
from seqarena.data.spectra import SpectrumAxis
from seqarena.data.splits import Split
from seqarena.schema import DataSchema


@dataclass(frozen=True)
class SourceData:
    """Three parts and what is known about them; lengths in the schema are filled in later."""

    schema: DataSchema
    parts: Parts
    provenance: Provenance
    protocol: dict[str, Fact]
    symbols: tuple[str, ...] | None = None
    target_symbols: tuple[str, ...] | None = None
    class_names: tuple[str, ...] | None = None
    tag_names: tuple[str, ...] | None = None
    tokeniser: str | None = None
    best_possible: BestPossible | None = None
    counts: dict[str, int] = field(default_factory=dict)
    spectrum: SpectrumAxis | None = None
    """Where its parts have spectra: what these are."""


def as_alignment(data: SourceData) -> SourceData:
    """Ask of a transduction with known origins where its symbols come from, not what they are."""
    return replace(
        data,
        schema=replace(data.schema, task_kind="alignment"),
        parts={split: _with_links(part) for split, part in data.parts.items()},
        protocol={**data.protocol, "scored": "all gold links of the test examples, pooled"},
        best_possible=None,
    )


def as_recommendation(data: SourceData, *, exclude_seen: bool, sampled: bool) -> SourceData:
    """Say among which items the next one of each user is ranked, and how ties count.

    What the best ranking scores is known only where it is one of all items.

    Raises:
        DataError: sampled negatives are asked for, and the source has none.
    """
    among = "99 published negatives" if sampled else "all items"
    protocol: dict[str, Fact] = {
        **data.protocol,
        "candidates": "sampled" if sampled else "all",
        "exclude_seen": exclude_seen,
        "ranked": f"the right item among {among}"
        + (", without those that the user had chosen before" if exclude_seen else ""),
        "ties": "a score is its mean over every order of the items that tie with the right one",
    }
    return replace(
        data,
        parts={
            split: replace(
                part,
                candidates=ranked_among(
                    part.candidates or Candidates(), exclude_seen=exclude_seen, sampled=sampled
                ),
            )
            if split is Split.TEST
            else part
            for split, part in data.parts.items()
        },
        protocol=protocol,
        best_possible=None if exclude_seen or sampled else data.best_possible,
    )


def _with_links(part: Part) -> Part:
    if part.links is not None or part.alignment is None:
        return part
    return replace(part, links=links_of_spans(part.alignment))
