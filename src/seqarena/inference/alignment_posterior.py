"""Posteriors of the links of some sentence pairs, and what they count: IBM models 1 and 2."""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.alignment_jumps import jump_matrix
from seqarena.inference.alignment_pairs import WordPairs


@dataclass(frozen=True)
class LinkPosterior:
    """Where each target word comes from; column 0 is the empty word."""

    step_log_prob: Float[Tensor, "steps"]
    """Log p(f_j | the source and, in the HMM, the target words before it) [nats]."""
    link_probs: Float[Tensor, "steps columns"]
    """p(a_j = i | both sentences); zero where nothing explains the target word."""
    moves: Float[Tensor, "rows source_words"]
    """Expected moves from each source word (row; 0: from before the first) to each (column)."""
    leaves: Float[Tensor, "rows source_words"]
    """Expected moves from each source word, by the length of its sentence (column; 0: one word)."""


def independent_links(
    pairs: WordPairs,
    emission: Float[Tensor, "steps columns"],
    jumps: Float[Tensor, "jumps"],
    max_jump: int,
    p_null: float,
) -> LinkPosterior:
    """Align every target word by itself: it jumps from where the diagonal is.

    p(a_j = 0) = p_null, p(a_j = i) = (1 - p_null) · p(i | the diagonal's word, I). With flat jumps
    this is IBM model 1 (Brown et al. 1993, section 4.1); with learned ones IBM model 2 in the
    diagonal-oriented form of Vogel, Ney & Tillmann (1996).

    Args:
        pairs: the sentence pairs.
        emission: t(f_j | e_i), zero where the source has ended.
        jumps: weight of each jump width.
        max_jump: widest jump with a weight of its own.
        p_null: probability of the empty word.
    """
    weights, totals = jump_matrix(jumps, emission.shape[1] - 1, max_jump)
    length = pairs.n_source[pairs.rank]
    row = diagonal(pairs.packing.time, pairs.n_target[pairs.rank], length) + 1
    inverse = (1.0 - p_null) / totals[row, length - 1]
    joint = torch.cat(
        [emission[:, :1] * p_null, emission[:, 1:] * weights[row] * inverse[:, None]], 1
    )
    total = joint.sum(dim=1)
    link_probs = joint / total.where(total > 0, 1.0)[:, None]
    moves = torch.zeros_like(weights).index_add_(0, row, link_probs[:, 1:])
    leaves = torch.zeros_like(totals)
    leaves.index_put_((row, length - 1), link_probs[:, 1:].sum(dim=1), accumulate=True)
    return LinkPosterior(total.log(), link_probs, moves, leaves)


def diagonal(
    time: Int[Tensor, "steps"], n_target: Int[Tensor, "steps"], n_source: Int[Tensor, "steps"]
) -> Int[Tensor, "steps"]:
    """Return the source word (from 0) that lies as far into its sentence as the target word."""
    return (2 * time + 1) * n_source // (2 * n_target)
