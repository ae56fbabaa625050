"""Attention weighed by what it carries."""

from typing import NamedTuple

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

Maps = Float[np.ndarray, "batch head query_time key_time"]


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


class NormWeighted(NamedTuple):
    """The weights of one place, and what they carry."""

    weights: Maps
    norm_weights: Maps


def norm_weighted_maps(
    model: HasNativeMaps, places: Places, batch: Batch
) -> dict[str, NormWeighted]:
    """Return weights and norm-weighted attention of each place: one pass over the batch."""
    looks: dict[str, list[Look]] = {name: [] for name in places}
    doors = {attention: watched_by(looks[name].append) for name, attention in places.items()}
    with torch.no_grad(), intervening(doors):
        model.native_maps(batch)
    found = {}
    for name, attention in places.items():
        if looks[name]:
            weights = _weights(looks[name])
            norms = _norms(attention, looks[name][0])
            found[name] = NormWeighted(weights, norm_weights(weights, norms))
    return found


def _weights(looks: list[Look]) -> Maps:
    joined: Tensor = torch.cat([look.weights for look in looks], dim=2)
    return joined.double().cpu().numpy()


def _norms(attention: Attention, look: Look) -> Float[np.ndarray, "batch head key_time"]:
    with torch.no_grad():
        norms: Tensor = attention.transformed(look.value).norm(dim=-1)
    return norms.double().cpu().numpy()
