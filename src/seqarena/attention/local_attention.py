"""Softmax attention in a sliding window, in time and memory linear in the length."""

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from seqarena.attention.reach import Reach, distances
from seqarena.attention.relative import RelativePositions
from seqarena.attention.softmax import fused_softmax_attention

LEAST_BLOCK = 32
"""Steps of a block, or the window where that is longer: short blocks leave the kernel idle."""


def block_of(window: int) -> int:
    """Return how many steps a block has."""
    return max(window, LEAST_BLOCK)


def local_attention(
    query: Float[Tensor, "batch head time head_dim"],
    key: Float[Tensor, "batch key_head time head_dim"],
    value: Float[Tensor, "batch key_head time head_dim"],
    mask: Bool[Tensor, "batch time"],
    reach: Reach,
    relative: RelativePositions,
) -> Float[Tensor, "batch head time head_dim"]:
    """Return the context of each step over the steps in its window.

    Time is cut into blocks at least as long as the window, so that a block of queries sees its own
    block, the one before it, and (not causal) the one after it: Beltagy, Peters & Cohan (2020),
    section 3.1. O(time · window). `mask` is True where a key may be attended; `reach` has a window.
    """
    size = block_of(reach.window or 1)
    n_blocks = math.ceil(query.shape[2] / size)
    missing = n_blocks * size - query.shape[2]
    after = missing + (0 if reach.is_causal else size)
    width = (2 if reach.is_causal else 3) * size
    distance = distances(range(size, 2 * size), width, query.device)
    real = functional.pad(mask, (size, after)).unfold(1, width, size).flatten(0, 1)
    seen = reach.allows(distance) & real[:, None, None]
    bias = relative.bias(distance)
    heads = fused_softmax_attention(
        _blocks(functional.pad(query, (0, 0, 0, missing)), size, size),
        _blocks(functional.pad(key, (0, 0, size, after)), width, size),
        _blocks(functional.pad(value, (0, 0, size, after)), width, size),
        seen if bias is None else bias.masked_fill(~seen, -torch.inf),
    )
    joined = torch.unflatten(heads, 0, (-1, n_blocks)).transpose(1, 2).flatten(2, 3)
    return joined[:, :, : query.shape[2]]


def _blocks(
    heads: Float[Tensor, "batch head padded_time head_dim"], width: int, step: int
) -> Float[Tensor, "batch_block head width head_dim"]:
    """Return stretches of `width` steps, one beginning at every `step`."""
    stretches = heads.unfold(2, width, step)
    return stretches.permute(0, 2, 1, 4, 3).flatten(0, 1)
