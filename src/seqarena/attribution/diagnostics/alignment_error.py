"""Links read off a map, and how they err against gold ones."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Int

from seqarena.attribution.diagnostics.distributions import looks
from seqarena.errors import DataError
from seqarena.metrics.alignment import LinkCounts, link_counts

Links = Int[np.ndarray, "_ 2"]
"""Input step and output step of each link, from 0."""


def best_links(
    rows: Float[np.ndarray, "row column"], n_outputs: int, shift: Literal[0, 1] = 0
) -> Links:
    """Return, for each output step, the input step that its row looks at most.

    Args:
        rows: of one map, output × input.
        n_outputs: output steps that can be linked: the end symbol is none.
        shift: 0 reads the row that predicted an output, 1 the row that has it as its input: Chen et
            al. (2020), Shift-Att. The last output has no row after it where no end symbol is read.
    """
    after = rows[shift : shift + n_outputs]
    outputs = np.flatnonzero(looks(after))
    columns = after[outputs].argmax(axis=-1) if after.shape[-1] else outputs
    return np.stack([columns, outputs], axis=1).astype(np.int64)


def sure_counts(predicted: Links, gold: Links) -> LinkCounts:
    """Return the counts of one example whose gold links are all sure; they add over examples."""
    return link_counts(predicted, gold)


def alignment_error_rate(predicted: Links, sure: Links, possible: Links) -> float:
    """Return 1 - (|A ∩ S| + |A ∩ P|) / (|A| + |S|): Och & Ney (2003), section 4.

    A predicted link that is possible but not sure costs nothing.

    Raises:
        DataError: a sure link is not possible, or there is neither a predicted nor a sure one.
    """
    both = link_counts(sure, possible)
    if both.n_correct < both.n_predicted:
        odd = sorted(set(map(tuple, sure.tolist())) - set(map(tuple, possible.tolist())))[0]
        raise DataError(f"link {odd} is sure but not possible; sure links are possible ones too.")
    of_sure, of_possible = link_counts(predicted, sure), link_counts(predicted, possible)
    total = of_sure.n_predicted + of_sure.n_gold
    if total == 0:
        raise DataError("there is neither a predicted nor a sure link, so there is no error rate.")
    return 1.0 - (of_sure.n_correct + of_possible.n_correct) / total
