"""Scores of redrawn and of swapped examples, many draws at once.

A draw is a row of weights, and its sums are weights @ statistics: one matrix product for a block
of draws, shared by all systems. No block holds more than `_BLOCK` weights.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Float

from seqarena.significance.statistics import ExampleStatistics

_BLOCK = 2**21
"""Weights in memory at a time: 16 MiB."""

_ROUNDING = 1e-10
"""Relative error of a score below which two of them are equal."""


def redrawn_scores(
    systems: Sequence[ExampleStatistics], n_draws: int, rng: np.random.Generator
) -> Float[np.ndarray, "system draw"]:
    """Return the mean over seeds of the score on examples drawn with replacement (Efron 1979).

    All systems see the same draws (paired: Koehn 2004), and so do all seeds. NaN where a draw holds
    nothing that the score could be computed from.
    """
    stacked = _stacked(systems)
    blocks = []
    for weights in _redrawn(systems[0].n_examples, n_draws, rng):
        sums = _sums(weights, stacked, systems)
        pairs = zip(systems, sums, strict=True)
        blocks.append(np.stack([_mean_score(system, own) for system, own in pairs]))
    return np.concatenate(blocks, axis=1)


def swapped_p_values(
    systems: Sequence[ExampleStatistics],
    pairs: Sequence[tuple[int, int]],
    n_draws: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "pair"]:
    """Return two-sided p-values of approximate randomisation (Noreen 1989; Yeh 2000).

    A draw swaps the outputs of two systems on half of the examples at random, of every pair of a
    seed of the one and a seed of the other alike, and takes the difference of the mean scores. The
    p-value is (1 + draws that differ as much as the systems do) / (1 + draws): valid for any number
    of draws (Phipson & Smyth 2010). Draws without a score count as such that do.
    """
    found = [system.seed_scores() for system in systems]
    totals = [system.values.sum(axis=1) for system in systems]
    stacked = _stacked(systems)
    counts = np.zeros(len(pairs))
    for swaps in _swaps(systems[0].n_examples, n_draws, rng):
        taken = _sums(swaps, stacked, systems)
        for place, (one, other) in enumerate(pairs):
            kept = totals[one] - taken[one], totals[other] - taken[other]
            gained = _crossed_score(systems[one], kept[0], taken[other])
            gained -= _crossed_score(systems[other], kept[1], taken[one])
            scale = max(np.abs(found[one]).max(), np.abs(found[other]).max())
            observed = abs(found[one].mean() - found[other].mean()) - _ROUNDING * scale
            counts[place] += np.count_nonzero(~(np.abs(gained) < observed))
    return np.asarray((counts + 1) / (n_draws + 1))


def _crossed_score(
    system: ExampleStatistics,
    kept: Float[np.ndarray, "draw seed k"],
    taken: Float[np.ndarray, "draw other_seed k"],
) -> Float[np.ndarray, "draw"]:
    """Return the mean over all pairs of seeds of the score of what was kept and what was taken."""
    return _mean_score(
        system, (kept[:, :, None] + taken[:, None]).reshape(len(kept), -1, kept.shape[2])
    )


def _mean_score(
    system: ExampleStatistics, sums: Float[np.ndarray, "draw seed k"]
) -> Float[np.ndarray, "draw"]:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        return np.asarray(np.mean(system.score(sums), axis=1))


def _stacked(systems: Sequence[ExampleStatistics]) -> Float[np.ndarray, "example column"]:
    """Lay the statistics of all seeds of all systems side by side, for one product with weights."""
    n = systems[0].n_examples
    flat = [each.values.transpose(1, 0, 2).reshape(n, -1) for each in systems]
    return np.concatenate(flat, axis=1)


def _sums(
    weights: Float[np.ndarray, "draw example"],
    stacked: Float[np.ndarray, "example column"],
    systems: Sequence[ExampleStatistics],
) -> list[Float[np.ndarray, "draw _ k"]]:
    """Return the weighted sums (draw, seed, k) of each system."""
    ends = np.cumsum([each.n_seeds * each.values.shape[2] for each in systems])
    parts = np.split(weights @ stacked, ends[:-1], axis=1)
    k = systems[0].values.shape[2]
    return [part.reshape(len(weights), -1, k) for part in parts]


def _redrawn(n: int, n_draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Yield how often each example was drawn: multinomial, by counting."""
    for rows in _rows(n, n_draws):
        places = rng.integers(n, size=(rows, n), dtype=np.int64)
        places += n * np.arange(rows)[:, None]
        yield np.bincount(places.ravel(), minlength=rows * n).reshape(rows, n).astype(np.float64)


def _swaps(n: int, n_draws: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    for rows in _rows(n, n_draws):
        yield rng.integers(2, size=(rows, n), dtype=np.int8).astype(np.float64)


def _rows(n: int, n_draws: int) -> Iterator[int]:
    rows = max(1, _BLOCK // n)
    for start in range(0, n_draws, rows):
        yield min(rows, n_draws - start)
