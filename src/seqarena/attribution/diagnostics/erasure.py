"""Whether the steps that rank highest are those that the decision needs, and all that it needs."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from seqarena.batch import Sequences, sequences_of
from seqarena.errors import DataError

SHARES = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Of the steps that are taken away, or kept: DeYoung et al. (2020)."""

Scores = Float[np.ndarray, "step"]
Ask = Callable[[Sequences], Float[np.ndarray, "variant output choice"]]
"""Returns the probabilities of every choice at every output, of variants of one example."""


class Erasure(NamedTuple):
    """Areas over the perturbation curve: means over `SHARES`."""

    comprehensiveness: float
    """p(x) - p(x without its top steps): high where the ranking finds what the decision needs."""
    sufficiency: float
    """p(x) - p(top steps alone): low where they are enough."""


def erasure(
    ask: Ask, sequences: Sequences, row: int, scores: Mapping[str, Scores]
) -> dict[str, Erasure]:
    """Return ERASER's two areas of one example, for each ranking of its steps.

    p is the probability of what the model decides on the whole example, mean over its outputs.
    Steps are deleted. A share is rounded up, so that at least one step goes, and one stays.

    Raises:
        DataError: the example has a single step, of which none could go.
    """
    n_steps = int(sequences.lengths[row])
    if n_steps < 2:
        raise DataError(f"row {row} has {n_steps} step; erasure needs at least 2.")
    tops = [top_steps(each, SHARES) for each in scores.values()]
    whole = np.ones((1, n_steps), dtype=bool)
    kept = np.concatenate([whole, *(part for top in tops for part in (~top, top))])
    decided = _decided(ask(variants(sequences, row, kept)))
    loss = decided[0] - decided[1:].reshape(len(scores), 2, len(SHARES)).mean(axis=-1)
    return {name: Erasure(*map(float, pair)) for name, pair in zip(scores, loss, strict=True)}


def top_steps(scores: Scores, shares: tuple[float, ...]) -> Bool[np.ndarray, "share step"]:
    """Return which steps are among the highest; of equal ones the first; never all."""
    order = np.argsort(-scores, kind="stable")
    rank = np.empty(len(scores), dtype=np.int64)
    rank[order] = np.arange(len(scores))
    # A share of 0.1 of 30 is 3, and not the 4 that rounding 3.0000000000000004 up would give.
    counts = np.ceil(np.round(np.array(shares) * len(scores), 9)).astype(np.int64)
    return np.asarray(rank[None] < np.minimum(counts, len(scores) - 1)[:, None])


def variants(sequences: Sequences, row: int, kept: Bool[np.ndarray, "variant step"]) -> Sequences:
    """Return one example several times, each with some steps alone; labels and target stay.

    Raises:
        DataError: a variant keeps no step.
    """
    values, own = sequences.sequence(row), np.full(len(kept), row)
    return sequences_of(
        [values[steps] for steps in kept],
        labels=None if sequences.labels is None else sequences.labels[own].tolist(),
        target=None if sequences.target is None else sequences.target.select(own),
    )


def _decided(
    probs: Float[np.ndarray, "variant output choice"],
) -> Float[np.ndarray, "variant"]:
    """Return each variant's mean probability of what the first one decides."""
    choice = probs[0].argmax(axis=-1)
    return np.asarray(probs[:, np.arange(len(choice)), choice].mean(axis=-1))
