"""Hidden Markov models that have not seen one step: its emission likelihood is 1 in every state.

That is exact: a sum over all that could have stood there (an integral, for frames).
"""

from collections.abc import Iterator

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.families.categorical_emission import CategoricalEmission
from seqarena.families.guards import require_fitted
from seqarena.families.hidden_markov import HiddenMarkovModel
from seqarena.inference.forward_backward import forward, forward_backward
from seqarena.inference.packed_emission import PackedEmission, emission_of_density
from seqarena.inference.packing import Packing
from seqarena.inference.predicted_states import predicted_states

# Probabilities that are held at once: more take memory, and no less time.
_AT_ONCE = 2**21


def symbols_without(
    model: HiddenMarkovModel, example: Batch
) -> Iterator[Float[Tensor, "_ time symbols"]]:
    """Yield p(symbol | the steps before, but one) of every symbol, some removed steps at a time.

    Args:
        model: fitted, of symbols.
        example: a batch of one.

    Raises:
        DataError: the states emit frames.
    """
    if not isinstance(model.emission, CategoricalEmission):
        raise DataError("the states emit frames, of which there are no symbols to expect.")
    emission, packing = _variants(model, example)
    moves = model.log_start, model.log_transition
    states = packing.unpack(predicted_states(*moves, emission, packing))[:-1]
    symbol_probs = model.emission.log_emission.exp()
    size = max(1, _AT_ONCE // (states.shape[1] * symbol_probs.shape[1]))
    for some in torch.split(states, size):
        yield some @ symbol_probs


def states_without(model: HiddenMarkovModel, example: Batch) -> Float[Tensor, "time time n_states"]:
    """Return p(state_t | all steps but one): removed step, t, state.

    Args:
        model: fitted.
        example: a batch of one, which some path explains.
    """
    emission, packing = _variants(model, example)
    found = forward_backward(model.log_start, model.log_transition, emission, packing)
    return packing.unpack(found.state_probs)[:-1].double()


def step_log_prob_without(
    model: HiddenMarkovModel, example: Batch
) -> Float[Tensor, "time_plus_1 time"]:
    """Return log p(x_t | the steps before, but one): removed step (the last: none), t [nats].

    At the removed step itself it is 0. `example` is a batch of one.
    """
    emission, packing = _variants(model, example)
    return packing.unpack(forward(model.log_start, model.log_transition, emission, packing))


def _variants(model: HiddenMarkovModel, example: Batch) -> tuple[PackedEmission, Packing]:
    """Return one sequence for each step that is removed, and at last the whole."""
    require_fitted(model.fitted, "hidden Markov model")
    n_steps = int(example.lengths[0])
    log_emission = model.emission.log_prob(model.emission.values(example)[0, :n_steps]).double()
    each = log_emission.expand(n_steps + 1, *log_emission.shape).clone()
    steps = torch.arange(n_steps, device=each.device)
    each[steps, steps] = 0.0
    packing = Packing.of(each.new_ones(each.shape[:2], dtype=torch.bool))
    return emission_of_density(_itself, packing.pack(each), torch.float64), packing


def _itself(values: Tensor) -> Tensor:
    return values
