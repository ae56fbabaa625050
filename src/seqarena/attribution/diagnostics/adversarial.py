"""Weights as different as can be that leave the prediction where it is."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.attention.attend import Weights, masked_softmax
from seqarena.attention.intervention import Attention, Look, intervening
from seqarena.attribution.diagnostics.interventions import watched_by
from seqarena.attribution.diagnostics.predictions import Predictions, predictions_of
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.seeds import torch_generator

N_STEPS = 100
LEARNING_RATE = 0.1
PENALTY = 500.0
"""Of each unit of total variation beyond what is allowed."""


class Adversary(NamedTuple):
    """The most different weights that were found for each example."""

    divergence: Float[np.ndarray, "example"]
    """Jensen-Shannon divergence from the model's own, mean over rows and heads [bits, 0 to 1]."""
    variation: Float[np.ndarray, "example"]
    """Total variation distance of the predictions, at most what was allowed."""


def adversarial_attention(
    model: object, attention: Attention, batch: Batch, allowed: float, seed: int
) -> Adversary:
    """Search for weights far from the model's own with predictions at most `allowed` away.

    Jain & Wallace (2019), 4.2.2: scores are found by Adam, for all examples at once. What is
    returned is the best that was met within what is allowed, the model's own weights (0) included:
    a lower bound.

    Raises:
        DataError: as `predictions_of`, or the attention looks query by query.
    """
    look, own = _own_look(model, attention, batch)
    seen = look.attend_mask.expand_as(look.weights)
    noise = torch.randn(look.weights.shape, generator=torch_generator(seed, "adversary"))
    scores = noise.to(look.weights).requires_grad_()
    optimiser = torch.optim.Adam([scores], lr=LEARNING_RATE)
    best = torch.zeros(2, len(batch), dtype=own.log_prob.dtype, device=scores.device)
    for _ in range(N_STEPS):
        with torch.enable_grad():
            weights = masked_softmax(scores, seen)
            divergence = mean_divergence(look.weights, weights, seen)
            variation = _variation(model, attention, weights, batch, own)
            loss = (PENALTY * (variation - allowed).relu() - divergence).sum()
        met = torch.stack([divergence, variation]).detach()
        best = torch.where((met[1] <= allowed) & (met[0] > best[0]), met, best)
        # Of the scores alone: nothing is left behind in the model's parameters.
        (scores.grad,) = torch.autograd.grad(loss, [scores])
        optimiser.step()
    return Adversary(*best.double().cpu().numpy())


def mean_divergence(
    first: Weights,
    second: Weights,
    seen: Bool[Tensor, "batch head query_time key_time"],
) -> Float[Tensor, "batch"]:
    """Return the Jensen-Shannon divergence of each example, mean over the rows that look [bits]."""
    middle = (first + second) / 2
    rows = (_relative_entropy(first, middle) + _relative_entropy(second, middle)) / 2
    looks = seen.any(dim=-1) & (first.sum(dim=-1) > 0)
    total = rows.where(looks, 0.0).sum(dim=(1, 2)) / looks.sum(dim=(1, 2)).clamp_min(1)
    return total / float(np.log(2.0))


def _relative_entropy(one: Weights, middle: Weights) -> Float[Tensor, "batch head query_time"]:
    """Return the sum of p log(p / m); what has no weight adds nothing, and no gradient of NaN."""
    has_weight = one > 0
    ratio = one.where(has_weight, 1.0) / middle.where(has_weight, 1.0)
    return (one * ratio.log()).sum(dim=-1)


def _variation(
    model: object, attention: Attention, weights: Weights, batch: Batch, own: Predictions
) -> Float[Tensor, "batch"]:
    with intervening({attention: lambda _: weights}):
        return own.change_to(predictions_of(model, batch))


def _own_look(model: object, attention: Attention, batch: Batch) -> tuple[Look, Predictions]:
    looks: list[Look] = []
    with torch.no_grad(), intervening({attention: watched_by(looks.append)}):
        own = predictions_of(model, batch)
    if len(looks) != 1:
        raise DataError(
            f"{type(attention).__name__} was asked {len(looks)} times for one batch; adversarial "
            "weights need an attention that makes all its weights at once."
        )
    return looks[0], own
