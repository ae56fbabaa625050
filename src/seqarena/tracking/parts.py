"""Which journals a stored run was replayed from, and how far: kept in a tag of the run itself."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Literal

from seqarena.tracking.events import RunBegun

KEY_TAG = "seqarena.key"
PARTS_TAG = "seqarena.parts"

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]


@dataclass(frozen=True)
class Part:
    """One journal of a run, as far as the store has it."""

    journal: str
    """Identity of the journal."""
    begun: int
    """When it began [ms since 1970]."""
    shipped: int = 0
    """Everything before this byte of the journal is stored."""
    status: Status = "RUNNING"
    ended: int | None = None
    is_stale: bool = False
    """The store also holds what an earlier journal of this part told."""


Parts = Mapping[str, Part]


def load_parts(tags: Mapping[str, str]) -> dict[str, Part]:
    """Return the parts that a run's tags tell of."""
    stored = json.loads(tags.get(PARTS_TAG, "{}"))
    return {name: Part(**fields) for name, fields in stored.items()}


def dump_parts(parts: Parts) -> str:
    """Return the tag's value; equal parts give equal texts."""
    return json.dumps({name: asdict(part) for name, part in sorted(parts.items())})


def overall(parts: Parts) -> tuple[Status, int | None]:
    """Return status and end of the run: those of its first part, unless another part failed."""
    first = min(parts.values(), key=lambda part: part.begun)
    for bad in ("FAILED", "KILLED"):
        if any(part.status == bad for part in parts.values()):
            return bad, first.ended or max(part.ended or 0 for part in parts.values())
    return first.status, first.ended


def is_newer(parts: Parts, begun: RunBegun) -> bool:
    """Say whether the store holds a later telling of the same part."""
    known = parts.get(begun.part)
    return known is not None and (known.begun, known.journal) > (begun.time, begun.journal)


def replaces_run(parts: Parts, begun: RunBegun) -> bool:
    """Say whether this journal tells anew the part with which the stored run began."""
    known = parts.get(begun.part)
    if known is None or known.journal == begun.journal:
        return False
    return known.begun == min(part.begun for part in parts.values())


def must_be_rebuilt(parts: Parts, journals: Iterable[RunBegun]) -> bool:
    """Say whether the stored run holds what its present journals do not tell, or began too late.

    MLflow can neither delete a metric nor move the start of a run, so such a run is replaced.
    """
    present = list(journals)
    known = [(parts[begun.part], begun) for begun in present if begun.part in parts]
    if any(part.is_stale or part.journal != begun.journal for part, begun in known):
        return True
    first = min((part.begun for part in parts.values()), default=0)
    return min(begun.time for begun in present) < first
