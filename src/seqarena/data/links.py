"""Gold links between the steps of an input and those of its target (alignment)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.data.alignment import Alignment
from seqarena.errors import DataError

Pairs = Int[np.ndarray, "_ 2"]


@dataclass(frozen=True)
class Links:
    """Which input step belongs to which target step, many to many; ragged over the examples."""

    offsets: Int[np.ndarray, "sequences_plus_1"]
    """Links of example i are `pairs[offsets[i]:offsets[i + 1]]`."""
    pairs: Int[np.ndarray, "links 2"]
    """Input step and target step of each link, from 0; the end symbol has none."""

    def __post_init__(self) -> None:
        if self.pairs.shape[0] != int(self.offsets[-1]):
            raise DataError(
                f"{self.pairs.shape[0]} links, but the offsets end at {self.offsets[-1]}."
            )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def sequence(self, row: int) -> Pairs:
        """Return the links of one example, without a copy."""
        return self.pairs[self.offsets[row] : self.offsets[row + 1]]

    def select(self, rows: Int[np.ndarray, "rows"]) -> "Links":
        """Return the links of `rows`, in that order."""
        return links_of([self.sequence(int(row)) for row in rows])


def links_of(pairs: list[Pairs]) -> Links:
    """Build the record from one array per example; each becomes sorted and free of repeats."""
    sets = [np.unique(each.reshape(-1, 2), axis=0) for each in pairs]
    return Links(
        offsets=np.concatenate([[0], np.cumsum([len(each) for each in sets])]).astype(np.int64),
        pairs=np.concatenate([np.zeros((0, 2)), *sets]).astype(np.int64),
    )


def links_of_spans(alignment: Alignment) -> Links:
    """Link each target step to every step of the span that it comes from."""
    return links_of([_of_spans(alignment.sequence(row)) for row in range(len(alignment))])


def _of_spans(spans: Int[np.ndarray, "target_time 2"]) -> Pairs:
    pairs = [
        (source, target)
        for target, (first, after) in enumerate(spans.tolist())
        for source in range(max(first, 0), max(after, 0))
    ]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
