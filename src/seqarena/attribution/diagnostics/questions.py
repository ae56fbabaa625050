"""A model, and the probes about which it is asked."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.attribution.capture import Capture
from seqarena.batch import Batch, Sequences, collate
from seqarena.tasks.diagnostics import DiagnosticsConfig

Which = Int[np.ndarray, "_"]
"""Numbers of some of the probes."""


@dataclass(frozen=True)
class Questions:
    """A model, and the probes about which it is asked."""

    model: object
    capture: Capture
    sequences: Sequences
    """Of the probes alone, in the same order."""
    config: DiagnosticsConfig

    def ids(self, which: Which) -> list[str]:
        """Return the names of some probes."""
        return [self.capture.probes[at].id for at in which]

    def batch(self, which: Which) -> Batch:
        """Return some probes as a batch."""
        return collate(self.sequences, which)

    def short(self) -> Which:
        """Return the probes that are short enough to be asked about again."""
        steps = np.array([probe.n_steps for probe in self.capture.probes], dtype=np.int64)
        return np.flatnonzero(steps <= self.config.max_steps)
