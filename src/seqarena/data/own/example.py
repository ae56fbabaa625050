"""One example of a user's, from whatever kind of file."""

from dataclasses import dataclass

import numpy as np

from seqarena.data.own.cells import Symbols
from seqarena.data.own.numeric_cells import Frames
from seqarena.data.spectra import Hear
from seqarena.data.splits import Split


@dataclass(frozen=True)
class Example:
    """An input, what belongs to it, and where it was read."""

    where: str
    """File and line (or row), for messages."""
    id: str
    value: Symbols | Frames
    """Its symbols, or its frames."""
    label: str | None = None
    target: Symbols | None = None
    tags: tuple[str, ...] | None = None
    group: str | None = None
    """Who or what it comes from: no group stands in two splits."""
    time: float | None = None
    """When [seconds since 1970, or the number that the column holds]."""
    split: Split | None = None
    """That which the file says."""
    hear: Hear | None = None
    """Returns what it sounds like, if the frames are of sound."""

    def key(self) -> bytes:
        """Return what is hashed to choose a split: the input alone; so copies stay together."""
        if isinstance(self.value, np.ndarray):
            return str(self.value.shape).encode() + self.value.tobytes()
        # Characters and words need no telling apart: a source has one of them.
        return "\0".join(self.value).encode()
