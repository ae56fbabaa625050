"""What a generated source knows of itself: what it truly expects, from its settings alone."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float, Int


@dataclass(frozen=True)
class KnownProcess:
    """The true generator of a source, asked as a family would be."""

    kind: Literal["density", "tagging"]
    """`density`: of each step, given those before it. `tagging`: of each tag, given all symbols."""
    n_symbols: int
    """Size of the alphabet of its input."""
    predict: Callable[
        [Int[np.ndarray, "sequences time"]], Float[np.ndarray, "sequences time choices"]
    ]
    """From whole sequences of one length to the probability of every choice at every step; a row
    of zeros, or of no numbers, where the process cannot have made what stands before it."""
