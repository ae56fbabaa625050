"""What a fitted hidden Markov model says about sequences, their hidden paths, and what follows."""

from typing import TYPE_CHECKING

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.guards import require_explained, require_fitted
from seqarena.families.hidden_markov_prediction import NextStep, next_step
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.packed_emission import PackedEmission
from seqarena.inference.packing import Packing
from seqarena.inference.predicted_states import predicted_states
from seqarena.inference.viterbi import viterbi

if TYPE_CHECKING:
    from seqarena.families.hidden_markov import HiddenMarkovModel

_FAMILY = "hidden Markov model"


def step_log_prob(model: "HiddenMarkovModel", batch: Batch) -> Float[Tensor, "batch time"]:
    """See `HiddenMarkovModel.step_log_prob`."""
    emission, packing = _packed(model, batch)
    return packing.unpack(forward(model.log_start, model.log_transition, emission, packing))


def state_probs(model: "HiddenMarkovModel", batch: Batch) -> Float[Tensor, "batch time n_states"]:
    """See `HiddenMarkovModel.state_probs`."""
    emission, packing = _packed(model, batch)
    posterior = forward_backward(model.log_start, model.log_transition, emission, packing)
    require_explained(batch, packing.unpack(posterior.step_log_prob), _FAMILY)
    return packing.unpack(posterior.state_probs)


def best_paths(model: "HiddenMarkovModel", batch: Batch) -> Int[Tensor, "batch time"]:
    """See `HiddenMarkovModel.decode`."""
    require_fitted(model.fitted, _FAMILY)
    packing = Packing.of(batch.mask)
    log_emission = model.emission.log_prob(packing.pack(model.emission.values(batch)))
    path, _ = viterbi(model.log_start, model.log_transition, log_emission, packing)
    return packing.unpack(path)


def predict_next(model: "HiddenMarkovModel", batch: Batch) -> NextStep:
    """See `HiddenMarkovModel.predict_next`."""
    last = (batch.lengths - 1)[:, None, None]
    known = state_probs(model, batch)
    known = known.gather(1, last.expand(-1, 1, known.shape[2]))[:, 0]
    return next_step(model.emission, known @ model.log_transition.exp())


def next_log_prob(model: "HiddenMarkovModel", batch: Batch) -> Float[Tensor, "batch symbols"]:
    """See `HiddenMarkovModel.next_log_prob`."""
    symbol_probs = predict_next(model, batch).symbol_probs
    if symbol_probs is None:
        raise DataError("the states emit frames, of which there are no symbols to rank.")
    return symbol_probs.log()


def predictive_log_prob(
    model: "HiddenMarkovModel", batch: Batch
) -> Float[Tensor, "batch time symbols"]:
    """See `HiddenMarkovModel.predictive_log_prob`."""
    if not isinstance(model.emission, CategoricalEmission):
        raise DataError("the states emit frames, of which there are no symbols to expect.")
    emission, packing = _packed(model, batch)
    states = predicted_states(model.log_start, model.log_transition, emission, packing)
    return packing.unpack((states @ model.emission.log_emission.exp()).log())


def posterior_map(model: "HiddenMarkovModel", batch: Batch) -> NativeMap:
    """Return the posteriors of the states as a map: row = time, column = state."""
    values = state_probs(model, batch).float()[:, None]
    columns = torch.ones(len(batch), values.shape[3], dtype=torch.bool, device=values.device)
    return NativeMap("states", "posterior", values, batch.mask, columns)


def _packed(model: "HiddenMarkovModel", batch: Batch) -> tuple[PackedEmission, Packing]:
    """Return what the states emit, in 64 bits: for scores, not for fitting."""
    require_fitted(model.fitted, _FAMILY)
    packing = Packing.of(batch.mask)
    values = packing.pack(model.emission.values(batch))
    return model.emission.packed(values, torch.float64), packing
