"""One split of a task's data, in memory."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int, Real

from seqarena.batch import Sequences
from seqarena.data.alignment import Alignment
from seqarena.data.links import Links
from seqarena.data.splits import Split
from seqarena.errors import DataError


@dataclass(frozen=True)
class Part:
    """The sequences of a split, and where their targets come from if that is known."""

    sequences: Sequences
    alignment: Alignment | None = None
    links: Links | None = None
    """Gold links of an alignment task; only the test split needs them."""
    groups: tuple[str, ...] | None = None
    """Who or what each example is of (speaker, subject, user), if the split is to keep them apart;
    not stored."""
    times: Real[np.ndarray, "sequences"] | None = None
    """When each example was, in any unit, if the split is to follow time; not stored."""

    def __post_init__(self) -> None:
        """Refuse groups or times of another number of examples."""
        for name, values in (("groups", self.groups), ("times", self.times)):
            if values is not None and len(values) != len(self.sequences):
                raise DataError(
                    f"{len(values)} {name} for {len(self.sequences)} sequences; give one each."
                )

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Part":
        """Return the examples of `rows`, in that order."""
        return Part(
            self.sequences.select(rows),
            None if self.alignment is None else self.alignment.select(rows),
            None if self.links is None else self.links.select(rows),
            None if self.groups is None else tuple(self.groups[row] for row in rows.tolist()),
            None if self.times is None else self.times[rows],
        )

    def name(self, row: int) -> str:
        """Name an example in a message: its row, and its id where it has one."""
        ids = self.sequences.ids
        return f"row {row} ({ids[row]})" if ids else f"row {row}"


Parts = dict[Split, Part]


def three_parts(train: Part, valid: Part, test: Part) -> Parts:
    """Key the three parts by their split."""
    return dict(zip(Split, (train, valid, test), strict=True))
