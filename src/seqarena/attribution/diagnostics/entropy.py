"""How widely a row spreads its attention."""

import numpy as np
from jaxtyping import Float, Int
from scipy.special import entr

from seqarena.attribution.diagnostics.distributions import Rows


def entropy(rows: Rows) -> Float[np.ndarray, "*lead row"]:
    """Return H = -sum_k A log2 A of each row [bits]: Ghader & Monz (2017).

    0 for a one-hot row, log2 n for a uniform one, 0 for one that looks nowhere.
    """
    return np.asarray(entr(rows).sum(axis=-1) / np.log(2.0))


def effective_support(bits: Float[np.ndarray, "*lead row"]) -> Float[np.ndarray, "*lead row"]:
    """Return 2^H of the `entropy` of rows: over how many columns a uniform row spreads as widely.

    1 for a one-hot row, n for a uniform one.
    """
    return np.asarray(np.exp2(bits))


def normalised_entropy(
    bits: Float[np.ndarray, "*lead row"], n_valid: Int[np.ndarray, "*#lead row"]
) -> Float[np.ndarray, "*lead row"]:
    """Return H / log2 n of the `entropy` of rows: 0 one-hot, 1 uniform.

    n is how many columns a row may look at; one that may look at a single one, or at none, has no
    choice: 0.
    """
    most = np.log2(np.maximum(n_valid, 1))
    return np.asarray(bits / np.where(most > 0, most, 1.0) * (most > 0))
