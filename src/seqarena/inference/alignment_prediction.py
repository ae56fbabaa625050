"""Which word a target has next, before it is seen: the links expected at each place of it."""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.alignment_hmm import forward_links
from seqarena.inference.alignment_jumps import jump_matrix
from seqarena.inference.alignment_pairs import WordPairs
from seqarena.inference.alignment_posterior import diagonal


def independent_expectation(
    pairs: WordPairs,
    emission: Float[Tensor, "steps columns"],
    jumps: Float[Tensor, "jumps"],
    max_jump: int,
    p_null: float,
) -> Float[Tensor, "steps columns"]:
    """Return p(a_j) of IBM models 1 and 2, whatever the other words; arguments: `chained_links`."""
    weights, totals = jump_matrix(jumps, emission.shape[1] - 1, max_jump)
    length = pairs.n_source[pairs.rank]
    row = diagonal(pairs.packing.time, pairs.n_target[pairs.rank], length) + 1
    inverse = (1.0 - p_null) / totals[row, length - 1]
    return _with_null(weights[row] * inverse[:, None], p_null, pairs)


def chained_expectation(
    pairs: WordPairs,
    emission: Float[Tensor, "steps columns"],
    jumps: Float[Tensor, "jumps"],
    max_jump: int,
    p_null: float,
) -> Float[Tensor, "steps columns"]:
    """Return p(a_j | f_1, ..., f_{j-1}) of the hidden Markov model; arguments: `chained_links`."""
    weights, totals = jump_matrix(jumps, emission.shape[1] - 1, max_jump)
    scale = emission.amax(dim=1)
    share = torch.full_like(emission[:1], 1.0 - p_null)
    share[:, 0] = p_null
    scaled = emission / scale.where(scale > 0, 1.0)[:, None] * share
    inverse = 1.0 / totals.T[pairs.n_source - 1]
    before, _, _ = forward_links(pairs, scaled, weights, inverse)
    moves = (before * inverse[pairs.rank]) @ weights
    return _with_null(moves * (1.0 - p_null), p_null, pairs)


def _with_null(
    links: Float[Tensor, "steps source_words"], p_null: float, pairs: WordPairs
) -> Float[Tensor, "steps columns"]:
    """Put the empty word before the others; a word behind the end of its source has nothing."""
    return torch.nn.functional.pad(links, (1, 0), value=p_null).where(pairs.is_real, 0.0)
