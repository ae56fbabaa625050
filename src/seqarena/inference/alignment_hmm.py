"""The hidden Markov model of links: each link jumps from the one before it.

Vogel, Ney & Tillmann (1996), with the empty word of Och & Ney (2003), section 2.1.2: every source
word has a twin that emits from the empty word and remembers the source word. A word and its twin
have the same future, so that recursions run over what is remembered: I words, or none yet.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.alignment_jumps import jump_matrix
from seqarena.inference.alignment_pairs import WordPairs
from seqarena.inference.alignment_posterior import LinkPosterior


def chained_links(
    pairs: WordPairs,
    emission: Float[Tensor, "steps columns"],
    jumps: Float[Tensor, "jumps"],
    max_jump: int,
    p_null: float,
) -> LinkPosterior:
    """Align by forward and backward recursions, scaled at each target word.

    p(a_j = the empty word) = p_null, and p(a_j = i | i' was the last word linked) =
    (1 - p_null) · p(i | i', I). O(target words · source words²) time.

    Args:
        pairs: the sentence pairs.
        emission: t(f_j | e_i), zero where the source has ended; column 0 is the empty word.
        jumps: weight of each jump width.
        max_jump: widest jump with a weight of its own.
        p_null: probability of the empty word.
    """
    weights, totals = jump_matrix(jumps, emission.shape[1] - 1, max_jump)
    scale = emission.amax(dim=1)
    scaled = emission / scale.where(scale > 0, 1.0)[:, None]
    share = torch.full_like(scaled[:1], 1.0 - p_null)
    share[:, 0] = p_null
    scaled = scaled * share
    # What is remembered · inverse · weights = where the next link goes.
    inverse = 1.0 / totals.T[pairs.n_source - 1]
    before, real, sums = forward_links(pairs, scaled, weights, inverse)
    link_probs, arrive, left = _backward(pairs, scaled, weights, inverse, before, real, sums)
    moves = ((before * inverse[pairs.rank]).T @ arrive) * weights
    leaves = torch.zeros_like(totals.T).index_add_(0, pairs.n_source - 1, left).T
    return LinkPosterior((sums * scale).log(), link_probs, moves, leaves)


def forward_links(
    pairs: WordPairs, scaled: Tensor, weights: Tensor, inverse: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return what is remembered before each word, p(a_j = i, f_j | before), and p(f_j | before)."""
    packing = pairs.packing
    befores, reals, sums = torch.empty_like(scaled), scaled.clone()[:, 1:], scaled[:, 0].clone()
    memory = torch.zeros_like(scaled[: packing.n_sequences])
    memory[:, 0] = 1.0
    parts = zip(*map(packing.by_time, (scaled, befores, reals, sums)), strict=True)
    for emission, before, real, total in parts:
        n = len(emission)
        before.copy_(memory[:n])
        real *= (before * inverse[:n]) @ weights
        memory = before * emission[:, :1]
        memory[:, 1:] += real
        torch.sum(memory, dim=1, out=total)
        safe = total.where(total > 0, 1.0)[:, None]
        memory /= safe
        real /= safe
    return befores, reals, sums


def _backward(
    pairs: WordPairs,
    scaled: Tensor,
    weights: Tensor,
    inverse: Tensor,
    befores: Tensor,
    reals: Tensor,
    sums: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Return p(a_j | everything), what arrives at each word, and how often each word was left."""
    packing = pairs.packing
    link_probs, arrives = torch.zeros_like(scaled), torch.empty_like(reals)
    left = torch.zeros_like(inverse)
    future = torch.ones_like(inverse)
    parts = zip(
        *map(packing.by_time, (scaled, befores, reals, sums, link_probs, arrives)), strict=True
    )
    for emission, before, real, total, link_prob, arrive in reversed(list(parts)):
        n = len(emission)
        ahead = future[:n]
        weighted = emission / total.where(total > 0, torch.inf)[:, None]
        torch.mul(weighted[:, 1:], ahead[:, 1:], out=arrive)
        moved = (arrive @ weights.T) * inverse[:n]
        stayed = weighted[:, :1] * ahead
        torch.mul(real, ahead[:, 1:], out=link_prob[:, 1:])
        link_prob[:, 0] = (before * stayed).sum(dim=1)
        left[:n] += before * moved
        future[:n] = moved + stayed
    return link_probs, arrives, left
