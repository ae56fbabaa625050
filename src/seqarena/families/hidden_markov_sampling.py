"""Sequences and hidden paths drawn from a hidden Markov model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor

from seqarena.batch import Sequences
from seqarena.families.emissions import (
    BernoulliEmission,
    CategoricalEmission,
    Emission,
    GaussianEmission,
    MixtureEmission,
    PoissonEmission,
)

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel


@dataclass(frozen=True)
class HiddenMarkovSample:
    """Drawn sequences, and the path that emitted them."""

    sequences: Sequences
    states: Int[np.ndarray, "steps"]
    """State of each step, sequence after sequence."""


def draw_sequences(
    model: "HiddenMarkovModel", lengths: Sequence[int], generator: torch.Generator
) -> HiddenMarkovSample:
    """Return one sequence of each length; the same generator state gives the same ones."""
    n_steps = torch.tensor(lengths)
    start, move = model.log_start.exp().cpu(), model.log_transition.exp().cpu()
    path = torch.zeros(len(n_steps), int(n_steps.max()), dtype=torch.long)
    state = _draw(start.expand(len(n_steps), -1), generator)
    path[:, 0] = state
    for time in range(1, path.shape[1]):
        state = _draw(move[state], generator)
        path[:, time] = state
    states = path[torch.arange(path.shape[1]) < n_steps[:, None]]
    values = draw_emission(model.emission, states, generator)
    is_tokens = isinstance(model.emission, CategoricalEmission)
    sequences = Sequences(
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        tokens=values.numpy() if is_tokens else None,
        features=None if is_tokens else values.float().numpy(),
    )
    return HiddenMarkovSample(sequences, states.numpy())


def draw_emission(
    emission: Emission, states: Int[Tensor, "steps"], generator: torch.Generator
) -> Tensor:
    """Return one symbol (steps) or frame (steps, dim) from each state."""
    match emission:
        case CategoricalEmission(log_emission=log_emission):
            return _draw(log_emission.exp().cpu()[states], generator)
        case BernoulliEmission(on_prob=on_prob):
            return torch.bernoulli(on_prob.cpu()[states], generator=generator)
        case PoissonEmission(rate=rate):
            return torch.poisson(rate.cpu()[states], generator=generator)
        case GaussianEmission():
            return _draw_gaussian(emission, states, generator)
        case MixtureEmission(log_weight=log_weight, components=components):
            part = _draw(log_weight.exp().cpu()[states], generator)
            return draw_emission(components, states * log_weight.shape[1] + part, generator)


def _draw(shares: Tensor, generator: torch.Generator) -> Tensor:
    return torch.multinomial(shares, 1, generator=generator)[:, 0]


def _draw_gaussian(
    emission: GaussianEmission, states: Tensor, generator: torch.Generator
) -> Tensor:
    mean, covariance = emission.mean.cpu()[states], emission.covariance.cpu()
    noise = torch.randn(mean.shape, dtype=torch.float64, generator=generator)
    if emission.shape in ("tied", "full"):
        factor = torch.linalg.cholesky(covariance)
        each = factor.expand(len(emission.mean), -1, -1)[states]
        spread = (each @ noise[:, :, None])[:, :, 0]
    else:
        spread = covariance.sqrt().view(len(emission.mean), -1)[states] * noise
    drawn: Tensor = mean + spread
    return drawn
