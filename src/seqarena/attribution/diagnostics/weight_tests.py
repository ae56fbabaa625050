"""Whether a prediction depends on the weights that were found: other weights, same model."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float

from seqarena.attention.intervention import Attention, Intervention, intervening
from seqarena.attribution.diagnostics.interventions import permuted, uniform, without_head
from seqarena.attribution.diagnostics.predictions import Predictions, predictions_of
from seqarena.batch import Batch
from seqarena.seeds import torch_generator


class Change(NamedTuple):
    """What an intervention does to the predictions of each example."""

    variation: Float[np.ndarray, "example"]
    """Total variation distance between the predictions, mean over outputs: 0 to 1."""
    loss: Float[np.ndarray, "example"]
    """-log2 p of the gold outputs with the intervention less without it, mean over outputs [bits]:
    above 0 where the model's own weights were the better ones."""


def change_by(
    model: object,
    attention: Attention,
    intervention: Intervention,
    batch: Batch,
    own: Predictions,
) -> Change:
    """Return what an intervention on one attention changes of the model's `own` predictions.

    Raises:
        DataError: as `predictions_of`.
    """
    with torch.no_grad(), intervening({attention: intervention}):
        other = predictions_of(model, batch)
        variation, loss = own.change_to(other), other.gold_bits() - own.gold_bits()
    return Change(variation.double().cpu().numpy(), loss.double().cpu().numpy())


def uniform_change(model: object, attention: Attention, batch: Batch, own: Predictions) -> Change:
    """Return what equal weights change: the baseline of Wiegreffe & Pinter (2019), not retrained.

    Retrained with equal weights, the same network is the family without attention, by the mean.
    """
    return change_by(model, attention, uniform, batch, own)


def permuted_change(
    model: object,
    attention: Attention,
    batch: Batch,
    own: Predictions,
    n_permutations: int,
    seed: int,
) -> Change:
    """Return what weights dealt anew change, median over draws: Jain & Wallace (2019), 4.2.1."""
    generator = torch_generator(seed, "permuted attention")
    draws = [
        change_by(model, attention, permuted(generator), batch, own) for _ in range(n_permutations)
    ]
    return Change(
        np.median([draw.variation for draw in draws], axis=0),
        np.median([draw.loss for draw in draws], axis=0),
    )


def ablated_losses(
    model: object, attention: Attention, n_heads: int, batch: Batch, own: Predictions
) -> Float[np.ndarray, "head"]:
    """Return what taking each head away adds to the loss, mean over examples [bits].

    The true effect, of which `head_importance` is the first-order estimate.
    """
    losses = [
        change_by(model, attention, without_head(head), batch, own).loss.mean()
        for head in range(n_heads)
    ]
    return np.array(losses, dtype=np.float64)
