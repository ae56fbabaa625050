"""The statistic: how much farther apart two fits are across two families than within one."""

import numpy as np
from jaxtyping import Float, Int

Means = Float[np.ndarray, "... run run"]
"""Mean row divergence of every two fits; NaN where there is none, as of a fit to itself [bits]."""
Members = Int[np.ndarray, "... _"]
"""Which runs are the fits of a family."""


def difference(means: Means, one: Members, other: Members) -> Float[np.ndarray, "..."]:
    """Return the mean across less the mean within, of both families [bits].

    The statistic of the energy distance (Szekely & Rizzo 2004), and that of ANOSIM with distances
    in place of their ranks (Clarke 1993): 0 in expectation where family means nothing.
    """
    noise = (within(means, one) + within(means, other)) / 2
    return np.asarray(across(means, one, other) - noise)


def across(means: Means, one: Members, other: Members) -> Float[np.ndarray, "..."]:
    """Return the mean over pairs of a fit of the one and a fit of the other [bits]."""
    return _known_mean(means[..., one[..., :, None], other[..., None, :]])


def within(means: Means, members: Members) -> Float[np.ndarray, "..."]:
    """Return the mean over pairs of fits of one family [bits]; NaN of a single fit."""
    return _known_mean(means[..., members[..., :, None], members[..., None, :]])


def _known_mean(values: Float[np.ndarray, "... row column"]) -> Float[np.ndarray, "..."]:
    known = ~np.isnan(values)
    n = known.sum(axis=(-1, -2))
    total = np.where(known, values, 0.0).sum(axis=(-1, -2))
    mean: np.ndarray = np.divide(total, n, where=n > 0, out=np.full(np.shape(n), np.nan))
    return mean
