"""How far back a loss reaches: the norm of its gradient by the states before it."""

from collections.abc import Iterator

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.attentive_recurrent import AttentiveRecurrent
from seqarena.networks.causal_model import CausalModel
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import State
from seqarena.networks.recurrent import Recurrent

Reach = tuple[Float[Tensor, "batch time"], Int[Tensor, "batch time"]]
"""Norms of the gradient of one loss by each state, and the lag of each; negative: not counted."""


def gradient_norm_by_lag(
    model: CausalModel | SequenceClassifier, batch: Batch, max_lag: int
) -> Float[Tensor, "lags"]:
    """Return the mean of |d loss_t / d s_{t-k}| for the lags k = 0, 1, ..., at most `max_lag`.

    Pascanu, Mikolov & Bengio (2013), section 2: where the mean falls geometrically, gradients
    vanish; where it grows, they explode. s is all that the recurrence hands on from one step to the
    next, s_{t+1} = F(s_t, x_{t+1}): h of every layer, and c of an LSTM. s_t is the state that the
    loss is computed from: of a density, loss_t is that of the step after t; of a classifier there
    is one loss, and s_t is the state of the last real step. The derivative is total, through every
    later step.

    The mean is over the scored steps (labels) of the batch that have a state so long before; lags
    that none has are left out, which may be all of them. No dropout is drawn when the model is in
    evaluation mode. A density costs O(time · max_lag) backward steps, a classifier O(time).

    Raises:
        DataError: the model is not a recurrence in one direction, or the batch has no labels to
            judge a classifier by.
    """
    recurrent = recurrence_of(model.encoder)
    totals = torch.zeros(max_lag + 1, dtype=torch.float64)
    counts = torch.zeros(max_lag + 1, dtype=torch.int64)
    # The kernel of cuDNN has no backward pass in evaluation mode.
    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        states = states_of(recurrent, model.inputs(batch))
        outputs = torch.stack([recurrent.output_of(state) for state in states], dim=1)
        for norms, lags in _reaches(model, batch, states, outputs, max_lag):
            counted = (lags >= 0) & (lags <= max_lag)
            totals.index_add_(0, lags[counted].cpu(), norms[counted].double().cpu())
            counts += torch.bincount(lags[counted].cpu(), minlength=max_lag + 1)
    return (totals / counts)[counts > 0]


def recurrence_of(encoder: Encoder) -> Recurrent:
    """Return the recurrence in one direction that an encoder is, or has.

    Raises:
        DataError: it has none.
    """
    inner = encoder.recurrent if isinstance(encoder, AttentiveRecurrent) else encoder
    if isinstance(inner, Recurrent):
        return inner
    raise DataError(
        f"{type(encoder).__name__} is not a recurrence in one direction, so its states have no lag."
    )


def states_of(recurrent: Recurrent, steps: Float[Tensor, "batch time dim"]) -> list[State]:
    """Return the state after each step, each computed from the one before."""
    states: list[State] = []
    for step in steps.unbind(dim=1):
        before = states[-1] if states else None
        states.append(recurrent.run(step[:, None], before)[1])
    return states


def _reaches(
    model: CausalModel | SequenceClassifier,
    batch: Batch,
    states: list[State],
    outputs: Float[Tensor, "batch time dim"],
    max_lag: int,
) -> Iterator[Reach]:
    if isinstance(model, SequenceClassifier):
        return _of_labels(model, batch, states, outputs)
    return _of_steps(model, batch, states, outputs, max_lag)


def _of_labels(
    model: SequenceClassifier, batch: Batch, states: list[State], outputs: Tensor
) -> Iterator[Reach]:
    if batch.labels is None:
        raise DataError("the batch has no labels; a classifier is judged against them.")
    own = model.label_log_prob(outputs, batch.mask).gather(1, batch.labels[:, None])
    places = torch.arange(len(states), device=own.device)
    yield _norms(own.sum(), states), batch.lengths[:, None].to(own.device) - 1 - places


def _of_steps(
    model: CausalModel, batch: Batch, states: list[State], outputs: Tensor, max_lag: int
) -> Iterator[Reach]:
    if isinstance(model.encoder, AttentiveRecurrent):
        outputs = model.encoder.look_back(outputs)
    logits = model.written(outputs, model.start.expand(len(batch), -1), len(states))
    log_probs = model.log_prob_of(logits, batch)
    # The first step is predicted from no state.
    for step in range(1, len(states)):
        first = max(0, step - 1 - max_lag)
        norms = _norms(log_probs[:, step].sum(), states[first:step])
        lags = torch.arange(step - 1 - first, -1, -1, device=norms.device)
        yield norms, torch.where(batch.scored[:, step, None], lags, -1)


def _norms(loss: Float[Tensor, ""], states: list[State]) -> Float[Tensor, "batch time"]:
    """Return the norm, over layers and numbers, of the gradient by each state."""
    parts = [part for state in states for part in state]
    gradients = torch.autograd.grad(
        loss, parts, retain_graph=True, allow_unused=True, materialize_grads=True
    )
    squares = torch.stack([gradient.square().sum(dim=(0, 2)) for gradient in gradients])
    return squares.view(len(states), -1, squares.shape[1]).sum(dim=1).sqrt().T
