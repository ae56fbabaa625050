"""Linear attention: φ(Q) (φ(K)ᵀ V), in time linear in the length."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional

from seqarena.attention.attend import divided

CHUNK = 64
"""Steps whose pairs are computed one by one; what came before a chunk comes in as one sum."""


def feature_map(
    heads: Float[Tensor, "batch head time head_dim"],
) -> Float[Tensor, "batch head time head_dim"]:
    """Return φ(x) = elu(x) + 1, positive everywhere: Katharopoulos et al. (2020), eq. 7."""
    return functional.elu(heads) + 1.0


def with_ones(
    value: Float[Tensor, "batch head time head_dim"],
) -> Float[Tensor, "batch head time value_dim"]:
    """Return values with a 1 behind each, whose sum is what the others are divided by."""
    return functional.pad(value, (0, 1), value=1.0)


def normalised(
    sums: Float[Tensor, "batch head time value_dim"],
) -> Float[Tensor, "batch head time head_dim"]:
    """Return sums divided by their last number; zeros where no key was seen."""
    return divided(sums[..., :-1], sums[..., -1:])


def linear_attention(
    query: Float[Tensor, "batch head time head_dim"],
    key: Float[Tensor, "batch head time head_dim"],
    value: Float[Tensor, "batch head time head_dim"],
    mask: Bool[Tensor, "batch time"],
) -> Float[Tensor, "batch head time head_dim"]:
    """Return the context of every step over all real ones: eq. 6.

    `query` and `key` are features. O(time · head_dim²).
    """
    seen = key.where(mask[:, None, :, None], 0.0)
    return normalised(query @ (seen.mT @ with_ones(value)))


def causal_linear_attention(
    query: Float[Tensor, "batch head time head_dim"],
    key: Float[Tensor, "batch head time head_dim"],
    value: Float[Tensor, "batch head time head_dim"],
) -> Float[Tensor, "batch head time head_dim"]:
    """Return the context of every step over itself and those before it: eqs. 8-9.

    `query` and `key` are features. Pairs inside a chunk are multiplied out, and what earlier
    chunks add is the running sum of their φ(k) vᵀ: O(time · (CHUNK + head_dim) · head_dim).
    """
    time = query.shape[2]
    missing = -time % CHUNK
    # Features of 0 add nothing to any sum.
    query, key, extended = (
        torch.unflatten(functional.pad(each, (0, 0, 0, missing)), 2, (-1, CHUNK))
        for each in (query, key, with_ones(value))
    )
    products = key.mT @ extended
    before = functional.pad(products[:, :, :-1].cumsum(dim=2), (0, 0, 0, 0, 1, 0))
    inside = (query @ key.mT).tril() @ extended
    sums = (query @ before + inside).flatten(2, 3)[:, :, :time]
    return normalised(sums)


def advanced_products(
    products: Float[Tensor, "batch head head_dim value_dim"] | None,
    key: Float[Tensor, "batch head 1 head_dim"],
    value: Float[Tensor, "batch head 1 head_dim"],
) -> Float[Tensor, "batch head head_dim value_dim"]:
    """Return the sum of φ(k_j) [v_j, 1]ᵀ after one more step: eqs. 18-19, a recurrent network."""
    newest = key.mT @ with_ones(value)
    return newest if products is None else torch.add(products, newest)
