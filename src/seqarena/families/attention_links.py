"""Links from attention: where a decoder looked, one source step for each target step."""

from typing import Literal

import numpy as np
from jaxtyping import Bool
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.errors import DataError
from seqarena.families.family import LinkPairs


def best_links(
    maps: list[NativeMap],
    words: Bool[Tensor, "batch target_time"],
    shift: Literal[0, 1] = 0,
) -> list[LinkPairs]:
    """Return, for each example, the source step with the most weight for every target word.

    Args:
        maps: of a transducer while its true target was read; the last from decoder to input counts.
        words: target steps that can be linked: real ones that are not the end symbol.
        shift: 0 reads the row that predicted a word, 1 the row that has the word as its input. The
            end symbol is what makes the latter exist for the last word.

    Raises:
        DataError: no map looks from the decoder into the input.
    """
    looks = [one for one in maps if one.name.endswith("cross")]
    if not looks:
        raise DataError(
            "nothing looks from the decoder into the input, so there are no links to read; choose "
            "an attention mechanism."
        )
    weights = looks[-1].values.mean(dim=1)[:, shift:]
    best = weights.argmax(dim=2).cpu().numpy()
    return [_pairs(row, mask) for row, mask in zip(best, words.cpu().numpy(), strict=True)]


def _pairs(best: np.ndarray, words: np.ndarray) -> LinkPairs:
    steps = np.flatnonzero(words)
    return np.stack([best[steps], steps], axis=1)
