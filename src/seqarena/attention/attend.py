"""The one door through which every attention weight comes."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

Weights = Float[Tensor, "batch head query_time key_time"]
Heads = Float[Tensor, "batch head time head_dim"]
KeyHeads = Float[Tensor, "batch key_head time head_dim"]
"""Keys or values, of which there may be fewer heads than of queries."""


def masked_softmax(
    scores: Float[Tensor, "*lead query_time key_time"],
    attend_mask: Bool[Tensor, "*#lead #query_time key_time"],
) -> Float[Tensor, "*lead query_time key_time"]:
    """Return the softmax of `scores` over the keys that may be attended, 0 elsewhere.

    A query that may attend no key gets a row of zeros, and a gradient of zero.
    """
    # The lowest finite number, not minus infinity: a row with no key would become NaN.
    lowest = torch.finfo(scores.dtype).min
    weights = scores.where(attend_mask, lowest).softmax(dim=-1)
    return weights.where(attend_mask, 0.0)


def masked_shares(
    kernel: Float[Tensor, "*lead query_time key_time"],
    attend_mask: Bool[Tensor, "*#lead #query_time key_time"],
) -> Float[Tensor, "*lead query_time key_time"]:
    """Return each number's share of its row's sum over the keys that may be attended, 0 elsewhere.

    The numbers are not negative. A query that may attend no key gets a row of zeros, and a
    gradient of zero.
    """
    seen = kernel.where(attend_mask, 0.0)
    return divided(seen, seen.sum(dim=-1, keepdim=True))


def divided(
    numerator: Float[Tensor, "*lead dim"], denominator: Float[Tensor, "*lead 1"]
) -> Float[Tensor, "*lead dim"]:
    """Return the quotient; the numerator, which is 0 there, where the denominator is 0."""
    return numerator / denominator.where(denominator > 0, 1.0)


def attend(
    scores: Float[Tensor, "*lead query_time key_time"],
    value: Float[Tensor, "*lead key_time value_dim"],
    attend_mask: Bool[Tensor, "*#lead #query_time key_time"],
) -> tuple[Float[Tensor, "*lead query_time value_dim"], Float[Tensor, "*lead query_time key_time"]]:
    """Average `value` by the softmax of `scores` over the keys that may be attended.

    Returns:
        The context c_i = sum_j a_ij v_j, and the weights a_ij = softmax_j(e_ij). Both are zero for
        a query that may attend no key.
    """
    weights = masked_softmax(scores, attend_mask)
    return weights @ value, weights
