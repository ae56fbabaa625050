"""What a test split is judged by, beside the labels, tags and targets that its sequences carry."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from seqarena.data.candidates import Candidates
from seqarena.data.links import Links
from seqarena.evaluation.texts import Writing
from seqarena.sequences import Sequences


@dataclass(frozen=True)
class Gold:
    """Each of them is None where the kind of task does not need it."""

    links: Links | None = None
    """Of an alignment task; of a classification, the regions that its labels are about."""
    candidates: Candidates | None = None
    """What the items of a recommendation task are ranked among; None: all of them."""
    writing: Writing | None = None
    """What makes texts of outputs that are judged as such."""
    slices: Int[np.ndarray, "examples"] | None = None
    """What each example is counted under beside all of them."""
    train: Sequences | None = None
    """Training split, from which it is known how rare a symbol or label is; None: not asked."""
