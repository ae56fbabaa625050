"""Emissions as they are when somebody says which state every step belongs to."""

import torch
from jaxtyping import Int
from torch import Tensor

from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)
from seqarena.families.frame_clusters import cluster_frames
from seqarena.families.label_sums import sums_of_labels
from seqarena.families.shares import log_shares
from seqarena.seeds import derive_seed


def start_emission(
    emission: Emission, values: Tensor, states: Int[Tensor, "steps"], n: int, seed: int
) -> None:
    """Set an emission to the moments or counts of each state's own steps.

    One extra count of each outcome (for counts: one average frame) keeps all of them possible:
    without a pseudo_count no zero is ever undone. The frames of each state are clustered into its
    components.

    Args:
        emission: `reference` must have been called.
        values: symbols or frames.
        states: state of each step, 0 to n - 1.
        n: number of states.
        seed: decides the clusters.
    """
    match emission:
        case CategoricalEmission():
            counts = sums_of_labels(emission, values, states, n).counts
            emission.log_emission.copy_(log_shares(counts + 1.0, emission.log_emission))
        case GaussianEmission():
            emission.maximise(sums_of_labels(emission, values, states, n))
        case BernoulliEmission() | PoissonEmission():
            emission.set_from(sums_of_labels(emission, values, states, n), 1.0)
        case MixtureEmission():
            parts = emission.log_weight.shape[1]
            component = states * parts + _components(values, states, n, parts, seed)
            start_emission(emission.components, values, component, n * parts, seed)
            weight = torch.bincount(component, minlength=n * parts).double().view(n, parts)
            emission.log_weight.copy_(log_shares(weight + 1.0, emission.log_weight))


def _components(values: Tensor, states: Tensor, n: int, parts: int, seed: int) -> Tensor:
    """Return the component, within its state, of every frame."""
    component = torch.zeros_like(states)
    for state in range(n):
        own = (states == state).nonzero()[:, 0]
        if len(own):
            start = derive_seed(seed, "components", state)
            # That a state has few different frames is no fault of the settings: no warning.
            component[own] = cluster_frames(values[own].numpy(), parts, start, None)
    return component
