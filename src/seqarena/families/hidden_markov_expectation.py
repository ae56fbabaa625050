"""The E-step of hidden Markov models: one alone, or several over the same sequences at once."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from seqarena.batch import Batch
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.gaussian_emission import GaussianEmission
from seqarena.families.guards import require_explained
from seqarena.families.hidden_markov_statistics import HiddenMarkovStatistics
from seqarena.inference.few_steps import are_few, few_posterior
from seqarena.inference.forward_backward import forward_backward
from seqarena.inference.log_forward_backward import PathPosterior
from seqarena.inference.packed_emission import PackedEmission, emission_of_table
from seqarena.inference.packing import Packing

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel


def expect_one(model: "HiddenMarkovModel", batch: Batch) -> HiddenMarkovStatistics:
    """Return the expected statistics of one model: see `HiddenMarkovModel.expect`."""
    if are_few(batch.mask.shape, len(model.log_start), batch.mask.device):
        statistics = _expect_few(model, batch)
        if statistics is not None:
            return statistics
    padded, packing = model.emission.values(batch), Packing.of(batch.mask)
    values = packing.pack(padded)
    emission = model.emission.packed(values, model.dtype)
    posterior = forward_backward(model.log_start, model.log_transition, emission, packing)
    return _statistics(model, batch, values, posterior, packing)


def _expect_few(model: "HiddenMarkovModel", batch: Batch) -> HiddenMarkovStatistics | None:
    """Do the same of a little data in numpy; None: this takes more care, or another emission."""
    if not isinstance(model.emission, CategoricalEmission | GaussianEmission):
        return None
    padded = model.emission.values(batch).numpy().swapaxes(0, 1)
    values = np.ascontiguousarray(padded).reshape(-1, *padded.shape[2:])
    emission = model.emission.few(values)
    if emission is None:
        return None
    posterior = few_posterior(
        model.log_start, model.log_transition, emission, batch.lengths.numpy(), len(padded)
    )
    if posterior is None:
        return None
    log_likelihood = posterior.step_log_prob[batch.scored.numpy().T].sum()
    return HiddenMarkovStatistics(
        log_likelihood=torch.from_numpy(np.asarray(log_likelihood)),
        start=torch.from_numpy(posterior.start),
        transition=torch.from_numpy(posterior.transition),
        emission=emission.sums(posterior.state_probs),
    )


def expect_side_by_side(
    models: Sequence["HiddenMarkovModel"], batch: Batch
) -> tuple[HiddenMarkovStatistics, ...]:
    """Return the expected statistics of several models of one configuration, in one recursion.

    Batches are checked and packed once, and the models' states stand beside each other in every
    matrix product, which is faster than one small product after the other.
    """
    if len(models) == 1:
        return (expect_one(models[0], batch),)
    padded, packing = models[0].emission.values(batch), Packing.of(batch.mask)
    values = packing.pack(padded)
    posterior = forward_backward(
        torch.stack([model.log_start for model in models]),
        torch.stack([model.log_transition for model in models]),
        _emissions(models, values),
        packing,
    )
    return tuple(
        _statistics(model, batch, values, _of_model(posterior, index), packing)
        for index, model in enumerate(models)
    )


def _emissions(models: Sequence["HiddenMarkovModel"], values: Tensor) -> PackedEmission:
    dtype = models[0].dtype
    emissions = [model.emission for model in models]
    tables = [each.log_emission for each in emissions if isinstance(each, CategoricalEmission)]
    if tables:
        return emission_of_table(torch.stack(tables), values, dtype)

    packed = [emission.packed(values, dtype) for emission in emissions]
    return PackedEmission(
        weights=torch.stack([each.weights for each in packed], dim=1),
        log_scale=torch.stack([each.log_scale for each in packed], dim=1),
        log_prob_at=lambda steps: torch.stack([each.log_prob_at(steps) for each in packed], dim=1),
    )


def _of_model(posterior: PathPosterior, index: int) -> PathPosterior:
    return PathPosterior(
        posterior.step_log_prob[:, index],
        posterior.state_probs[:, index],
        posterior.start[index],
        posterior.transition[index],
    )


def _statistics(
    model: "HiddenMarkovModel",
    batch: Batch,
    values: Tensor,
    posterior: PathPosterior,
    packing: Packing,
) -> HiddenMarkovStatistics:
    step_log_prob = posterior.step_log_prob
    if not bool(model.fitted):
        require_explained(batch, packing.unpack(step_log_prob), "hidden Markov model")
    if batch.scored is not batch.mask:
        step_log_prob = step_log_prob.where(packing.pack(batch.scored), 0.0)
    return HiddenMarkovStatistics(
        log_likelihood=step_log_prob.sum(),
        start=posterior.start,
        transition=posterior.transition,
        emission=model.emission.sums(values, posterior.state_probs),
    )
