"""Attention weighed by what it carries."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.attention.intervention import Attention, Look, intervening
from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.diagnostics.interventions import watched_by
from seqarena.attribution.diagnostics.places import Places
from seqarena.batch import Batch


def norm_weights(
    weights: Float[np.ndarray, "*lead row column"], norms: Float[np.ndarray, "*lead column"]
) -> Float[np.ndarray, "*lead row column"]:
    """Return ‖A_qk W_O v_k‖ as a share of its row: Kobayashi et al. (2020).

    A column whose vector is 0 has no share, whatever its weight; a row all of whose vectors are 0
    looks nowhere.

    Args:
        weights: of each head.
        norms: ‖W_O v_k‖ of each column.
    """
    return distributions(weights * norms[..., None, :], "norm-weighted attention")


def norm_weighted_maps(
    model: HasNativeMaps, places: Places, batch: Batch
) -> dict[str, Float[np.ndarray, "batch head query_time key_time"]]:
    """Return the norm-weighted attention of each place: one pass over the batch."""
    looks: dict[str, list[Look]] = {name: [] for name in places}
    doors = {attention: watched_by(looks[name].append) for name, attention in places.items()}
    with torch.no_grad(), intervening(doors):
        model.native_maps(batch)
    return {
        name: norm_weights(_weights(looks[name]), _norms(places[name], looks[name][0]))
        for name in places
        if looks[name]
    }


def _weights(looks: list[Look]) -> Float[np.ndarray, "batch head query_time key_time"]:
    joined: Tensor = torch.cat([look.weights for look in looks], dim=2)
    return joined.double().cpu().numpy()


def _norms(attention: Attention, look: Look) -> Float[np.ndarray, "batch head key_time"]:
    with torch.no_grad():
        norms: Tensor = attention.transformed(look.value).norm(dim=-1)
    return norms.double().cpu().numpy()
