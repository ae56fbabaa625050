"""Linear-chain conditional random fields: Lafferty, McCallum & Pereira (2001).

p(path | x) = exp(score(path, x)) / Z(x). A path scores the sum of its start, its moves, and what x
says of each of its steps; Z sums over all paths. Nothing needs to be normalised, so that with log-
probabilities for scores it is the hidden Markov model, and Z its likelihood. Everything is in log
space, and gradients flow through all of it.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.log_forward_backward import log_alpha, log_beta
from seqarena.inference.packing import Packing


def path_score(
    start: Float[Tensor, "n_states"],
    transition: Float[Tensor, "n_states n_states"],
    scores: Float[Tensor, "steps n_states"],
    path: Int[Tensor, "steps"],
    packing: Packing,
) -> Float[Tensor, "batch"]:
    """Return the score of one path of each sequence, in the order of the padded batch.

    Args:
        start: score of each first state.
        transition: score of each move, from the row to the column.
        scores: what the input says of each state, for every packed step.
        path: state of every packed step.
        packing: of all rows of a padded batch.
    """
    own = scores.gather(1, path[:, None])[:, 0]
    first, later = path[: packing.n_sequences], path[packing.n_sequences :]
    moves = torch.cat([start[first], transition[path[packing.previous], later]])
    return own.new_zeros(packing.shape[0]).index_add(0, packing.sequence, own + moves)


def log_partition(
    start: Float[Tensor, "n_states"],
    transition: Float[Tensor, "n_states n_states"],
    scores: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> Float[Tensor, "batch"]:
    """Return log Z(x): the log of the summed exp(score) of all paths, in the order of the batch.

    O(steps · states²) time; the memory of one time step is sequences · states². Arguments as of
    `path_score`.
    """
    alpha = log_alpha(start, transition, scores, packing)
    log_z = alpha[packing.last].logsumexp(dim=1)
    return torch.empty_like(log_z).index_copy(0, packing.order, log_z)


def path_log_marginals(
    start: Float[Tensor, "n_states"],
    transition: Float[Tensor, "n_states n_states"],
    scores: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> Float[Tensor, "steps n_states"]:
    """Return log p(state_t | x) of every packed step; arguments as of `path_score`.

    Rabiner's eq. 27: of all paths those through each state, whose sum is Z at every step.
    O(steps · states²) time.
    """
    alpha = log_alpha(start, transition, scores, packing)
    return (alpha + log_beta(transition, scores, packing)).log_softmax(dim=1)
