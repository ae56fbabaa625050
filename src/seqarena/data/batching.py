"""Which sequences meet in which batch: sequences of like length together, in a shuffled order.

Padding costs time like anything else. Batches drawn at random are padded to 1.9-5.3 times their
real steps; cut from pools of a hundred batches that were sorted by length, to 1.01-1.08 times.
"""

import numpy as np
from jaxtyping import Int

from seqarena.seeds import numpy_generator

Lengths = Int[np.ndarray, "sequences"]
Rows = Int[np.ndarray, "_"]

BATCHES_PER_POOL = 100
"""Batches that are cut from one sorted pool. More pad less and shuffle less."""


def plan_epoch(lengths: Lengths, batch_size: int, seed: int, epoch: int) -> list[Rows]:
    """Deal every sequence into exactly one global batch: a function of the arguments alone.

    The rows are shuffled and cut into pools of about a hundred batches; each pool is sorted by
    length and cut into batches; the batches are shuffled. Equal lengths stay shuffled within a
    pool, so that sequences of one length meet in new company in every epoch.

    Args:
        lengths: Steps of each sequence, or whatever its cost grows with.
        batch_size: Sequences in a batch. At most one batch of the plan is smaller.
        seed: Of the fit.
        epoch: Number of the epoch, from 0.

    Returns:
        The rows of each batch, ceil(sequences / batch_size) batches.
    """
    generator = numpy_generator(seed, "epoch", epoch)
    shuffled = generator.permutation(len(lengths))
    n_batches = -(-len(lengths) // batch_size)
    n_pools = -(-n_batches // BATCHES_PER_POOL)
    first_batch = np.linspace(0, n_batches, n_pools + 1).astype(int)[1:-1]
    pools = np.split(shuffled, first_batch * batch_size)
    batches = [batch for pool in pools for batch in _sorted_batches(pool, lengths, batch_size)]
    return [batches[index] for index in generator.permutation(len(batches))]


def plan_streams(
    n_pieces: Int[np.ndarray, "sequences"], batch_size: int, seed: int, epoch: int
) -> list[Rows]:
    """Deal the pieces of long sequences into lanes that run side by side.

    The sequences are shuffled, and their pieces, in order, one sequence after the other, are cut
    into `batch_size` lanes of equally many pieces: batch i holds the i-th piece of every lane. So a
    lane goes on from batch to batch, and a sequence that is longer than a lane goes on at the
    beginning of the next one, which knows nothing of it.

    Args:
        n_pieces: Pieces of each sequence; rows of the plan count them through all sequences.
        batch_size: Lanes. The lanes of the last batch may be fewer, and are the first ones.
        seed: Of the fit.
        epoch: Number of the epoch, from 0.

    Returns:
        The rows of each batch, ceil(pieces / batch_size) batches.
    """
    first = np.cumsum(n_pieces) - n_pieces
    order = numpy_generator(seed, "streams", epoch).permutation(len(n_pieces))
    rows = np.concatenate([np.arange(first[at], first[at] + n_pieces[at]) for at in order])
    lanes = [lane for lane in np.array_split(rows, batch_size) if len(lane)]
    # The split makes the lanes that are one piece longer the first ones.
    return [
        np.array([lane[step] for lane in lanes if step < len(lane)])
        for step in range(len(lanes[0]))
    ]


def plan_evaluation(lengths: Lengths, batch_size: int) -> list[Rows]:
    """Deal every sequence into exactly one batch, shortest first: the least padding there is."""
    return _sorted_batches(np.arange(len(lengths)), lengths, batch_size)


def share_of(batch: Rows, rank: int, n_ranks: int) -> Rows:
    """Return what one of `n_ranks` processes takes of a global batch; empty when it is too small.

    Every n-th row, so that each process gets the same mixture of lengths.
    """
    return batch[rank::n_ranks]


def padding_ratio(lengths: Lengths, batches: list[Rows]) -> float:
    """Return padded steps over real steps of a plan: 1 is no padding at all."""
    padded = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    return padded / int(lengths.sum())


def _sorted_batches(rows: Rows, lengths: Lengths, batch_size: int) -> list[Rows]:
    # Stable, so that rows of equal length keep the order in which they came.
    by_length = rows[np.argsort(lengths[rows], kind="stable")]
    return np.split(by_length, np.arange(batch_size, len(rows), batch_size))
