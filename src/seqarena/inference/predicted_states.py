"""Where a hidden path is expected to be at each step, before what the step emits is seen."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.inference.forward_backward import DOUBTFUL_SCALE, NEARLY_LOST, reachable
from seqarena.inference.log_forward_backward import log_alpha
from seqarena.inference.packed_emission import PackedEmission
from seqarena.inference.packing import Packing
from seqarena.inference.recursion_engine import passes_for


def predicted_states(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    emission: PackedEmission,
    packing: Packing,
) -> Float[Tensor, "steps n_states"]:
    """Return p(state_t | x_1, ..., x_{t-1}) of every packed step.

    Rabiner (1989), eqs. 19 and 20, normalised at each step. Zeros behind a beginning that no path
    explains. O(steps · states²) time; a sequence that scaled numbers cannot follow is done again in
    log space.

    Args:
        log_start: log p of each first state [nats].
        log_transition: log p of each move; row = from [nats].
        emission: what the states emit at each packed step, in 64 bits.
        packing: of the steps.
    """
    start, transition = log_start.exp(), log_transition.exp()
    forward_pass, _ = passes_for(packing, len(start))
    weights = emission.weights[:, None]
    alpha, scale = forward_pass(start[None], transition[None], weights, emission.row, packing)
    filtered = alpha[:, 0].clone()
    rows = _in_doubt(
        filtered, scale[:, 0], reachable(log_start[None], log_transition[None]), packing
    )
    if rows.any():
        steps, few = packing.part(rows)
        exact = log_alpha(log_start, log_transition, emission.log_prob_at(steps), few)
        filtered[steps] = exact.softmax(dim=1).nan_to_num(0.0)
    predicted = start.expand_as(filtered).clone()
    predicted[packing.n_sequences :] = filtered[packing.previous] @ transition
    return predicted


def _in_doubt(
    filtered: Tensor, scale: Tensor, reach: Tensor | None, packing: Packing
) -> Bool[Tensor, "batch"]:
    """Mark the padded rows in which a scale is too small, or a reachable state is lost."""
    doubtful = ~(scale > DOUBTFUL_SCALE[scale.dtype])
    if reach is not None:
        reached = reach[packing.time.clamp(max=len(reach) - 1), 0]
        doubtful |= (reached & (filtered < NEARLY_LOST[filtered.dtype])).any(dim=1)
    rows = torch.zeros(packing.shape[0], dtype=torch.bool, device=scale.device)
    rows[packing.sequence[doubtful]] = True
    return rows
