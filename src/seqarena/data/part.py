"""One split of a task's data, in memory."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.batch import Sequences
from seqarena.data.alignment import Alignment
from seqarena.data.candidates import Candidates
from seqarena.data.links import Links
from seqarena.data.splits import Split

References = tuple[tuple[str, ...], ...]
"""The texts of each example that count as right, the first being its target; at least one."""


@dataclass(frozen=True)
class Part:
    """The sequences of a split, and where their targets come from if that is known."""

    sequences: Sequences
    alignment: Alignment | None = None
    links: Links | None = None
    """Gold links of an alignment task; only the test split needs them."""
    candidates: Candidates | None = None
    """Among which items the last one is ranked (recommendation); only the test split needs them."""
    references: References | None = None
    """What may be written for each example, where outputs are judged as texts."""
    slices: Int[np.ndarray, "sequences"] | None = None
    """What each example is counted under beside all of them (its length, a distance), where the
    schema names that; only the test split needs it."""

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Part":
        """Return the examples of `rows`, in that order."""
        alignment = None if self.alignment is None else self.alignment.select(rows)
        links = None if self.links is None else self.links.select(rows)
        candidates = None if self.candidates is None else self.candidates.select(rows)
        references = self.references and tuple(self.references[row] for row in rows.tolist())
        slices = None if self.slices is None else self.slices[rows]
        return Part(self.sequences.select(rows), alignment, links, candidates, references, slices)

    def name(self, row: int) -> str:
        """Name an example in a message: its row, and its id where it has one."""
        ids = self.sequences.ids
        return f"row {row} ({ids[row]})" if ids else f"row {row}"


Parts = dict[Split, Part]


def three_parts(train: Part, valid: Part, test: Part) -> Parts:
    """Key the three parts by their split."""
    return dict(zip(Split, (train, valid, test), strict=True))
