"""Where each target symbol comes from in the input (transduction)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.errors import DataError

NOWHERE = (-1, -1)
"""The span of a target symbol that comes from nothing in the input."""


@dataclass(frozen=True)
class Alignment:
    """Gold spans, one per target symbol, ragged like the targets that they belong to."""

    offsets: Int[np.ndarray, "sequences_plus_1"]
    """Spans of sequence i are `spans[offsets[i]:offsets[i + 1]]`."""
    spans: Int[np.ndarray, "target_steps 2"]
    """First input step and the step after the last; (-1, -1) where nothing was copied."""

    def __post_init__(self) -> None:
        if self.spans.shape[0] != int(self.offsets[-1]):
            raise DataError(
                f"{self.spans.shape[0]} spans, but the offsets end at {self.offsets[-1]}."
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sequence(self, row: int) -> Int[np.ndarray, "target_time 2"]:
        """Return the spans of one target, without a copy."""
        return self.spans[self.offsets[row] : self.offsets[row + 1]]

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Alignment":
        """Return the alignments of `rows`, in that order."""
        return alignment_of([self.sequence(int(row)) for row in rows])


def alignment_of(spans: list[Int[np.ndarray, "_ 2"]]) -> Alignment:
    """Build the record from one array of spans per target."""
    ends = np.cumsum([len(each) for each in spans])
    return Alignment(
        offsets=np.concatenate([[0], ends]).astype(np.int64),
        spans=np.concatenate(spans).astype(np.int64),
    )
