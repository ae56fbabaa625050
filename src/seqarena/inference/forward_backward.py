"""Forward and backward recursions over hidden states, packed by length and scaled.

Rabiner (1989), "A tutorial on hidden Markov models", section V.A, with two changes: emissions are
divided by their largest at each step (so a density may be any size), and a sequence that the
scaled numbers cannot follow is done again: in 64 bits, and then in log space
(`log_forward_backward`). It is found by a bound. Whatever underflows, in 32 bits, is less than
e^-75 of what its step holds, so it changes the answer by less than that times the largest backward
variable; a sequence in which this product could be above 1e-12 is in doubt.

Several models may run as one batch over the same packed sequences. Every parameter then has a
leading axis of models, and what belongs to a step has that axis after its steps: weights and state
posteriors are (steps, models, states), and log-probabilities (steps, models).
"""

import math
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.inference.log_forward_backward import PathPosterior, log_forward_backward
from seqarena.inference.model_groups import Models, groups, joined, with_models
from seqarena.inference.packed_emission import PackedEmission, emission_of_density
from seqarena.inference.packing import Packing
from seqarena.inference.recursion_engine import passes_for

# Backward variables above this could make up for what underflow has taken away.
DOUBTFUL_PEAK = {torch.float32: 1e20, torch.float64: 1e240}
# Where no move is rarer than the first, a backward variable is below 1 / (first · second).
LEAST_MOVE = 1e-6
DOUBTFUL_SCALE = {torch.float32: 1e-13, torch.float64: 1e-150}
# A forward variable that fell below this may have lost a neighbour without a trace.
NEARLY_LOST = {torch.float32: 1e-25, torch.float64: 1e-200}


def forward(
    log_start: Float[Tensor, "*models n_states"],
    log_transition: Float[Tensor, "*models n_states n_states"],
    emission: PackedEmission,
    packing: Packing,
) -> Float[Tensor, "steps *models"]:
    """Log p(x_t | x_1, ..., x_{t-1}) of every packed step, in 64 bits [nats].

    O(models · steps · states²) time. From the first step on that no path explains it is minus
    infinity.
    """
    models = with_models(log_start, log_transition, emission)
    parts = [_step_log_prob(*group, packing) for group in groups(*models)]
    step_log_prob = torch.cat(parts, dim=1)
    return step_log_prob if log_start.dim() == 2 else step_log_prob[:, 0]


def forward_backward(
    log_start: Float[Tensor, "*models n_states"],
    log_transition: Float[Tensor, "*models n_states n_states"],
    emission: PackedEmission,
    packing: Packing,
) -> PathPosterior:
    """Posterior of the hidden path and its expected statistics: Rabiner (1989), eqs. 27, 37 and 40.

    O(models · steps · states²) time; a number per model, step and state beside the emission's. Sums
    are accumulated in 64 bits. A sequence that no path explains has minus infinity in
    `step_log_prob`, and counts as nothing.
    """
    models = with_models(log_start, log_transition, emission)
    posterior = joined([_posterior(*group, packing) for group in groups(*models)])
    if log_start.dim() == 2:
        return posterior
    return PathPosterior(
        posterior.step_log_prob.select(1, 0),
        posterior.state_probs.select(1, 0),
        posterior.start.select(0, 0),
        posterior.transition.select(0, 0),
    )


def _step_log_prob(
    log_start: Tensor, log_transition: Tensor, emission: PackedEmission, packing: Packing
) -> Float[Tensor, "steps models"]:
    start, transition = _probabilities(log_start, log_transition, emission)
    forward_pass, _ = passes_for(packing, log_start.shape[1])
    alpha, scale = forward_pass(start, transition, emission.weights, emission.row, packing)
    doubtful = _too_small(scale, packing)
    # Last: in 64 bits the scales themselves are overwritten.
    step_log_prob = scale.double().log_().add_(emission.log_scale)
    reach = reachable(log_start, log_transition)
    if reach is not None:
        reached = reach[packing.time.clamp(max=len(reach) - 1)]
        lost = reached & (alpha < NEARLY_LOST[alpha.dtype])
        rows = _rows_at(lost.flatten(1).any(dim=1), packing)
        doubtful = rows if doubtful is None else doubtful | rows
    if doubtful is not None and doubtful.any():
        # Only the backward pass tells whether what was lost would have mattered.
        steps, few = packing.part(doubtful)
        wide = emission_of_density(_itself, emission.log_prob_at(steps), torch.float64)
        step_log_prob[steps] = _posterior(log_start, log_transition, wide, few).step_log_prob
    return step_log_prob


def _posterior(
    log_start: Tensor, log_transition: Tensor, emission: PackedEmission, packing: Packing
) -> PathPosterior:
    start, transition = _probabilities(log_start, log_transition, emission)
    reach = reachable(log_start, log_transition)
    weights, row = emission.weights, emission.row
    forward_pass, backward_pass = passes_for(packing, log_start.shape[1])
    alpha, scale = forward_pass(start, transition, weights, row, packing)
    doubtful = _too_small(scale, packing)
    kept = _without(doubtful, alpha, scale, packing)
    masks = None if reach is None else reach.to(alpha.dtype)
    moves, peak = backward_pass(transition, weights, row, packing, (alpha, kept), masks)
    high = None if peak is None else ~(peak <= DOUBTFUL_PEAK[alpha.dtype])
    if high is not None and high.any():
        doubtful = _no_rows(packing) if doubtful is None else doubtful
        doubtful[packing.order[high]] = True
        alpha, scale = forward_pass(start, transition, weights, row, packing)
        kept = _without(doubtful, alpha, scale, packing)
        moves, _ = backward_pass(transition, weights, row, packing, (alpha, kept), masks)
    scaled = PathPosterior(
        step_log_prob=scale.double().log_().add_(emission.log_scale),
        state_probs=alpha,
        start=alpha[: packing.n_sequences].sum(dim=0, dtype=torch.float64),
        transition=moves * log_transition.exp(),
    )
    if doubtful is None:
        return scaled
    return _with_exact(scaled, doubtful, (log_start, log_transition, emission), packing)


def _with_exact(
    scaled: PathPosterior, doubtful: Tensor, models: Models, packing: Packing
) -> PathPosterior:
    """Do the rows in doubt again: in 64 bits, or if they already were, in log space."""
    log_start, log_transition, emission = models
    steps, few = packing.part(doubtful)
    log_emission = emission.log_prob_at(steps)
    if emission.weights.dtype == torch.float32:
        wide = emission_of_density(_itself, log_emission, torch.float64)
        exact = _posterior(log_start, log_transition, wide, few)
    else:
        exact = _in_log_space(log_start, log_transition, log_emission, few)
    scaled.step_log_prob[steps] = exact.step_log_prob
    scaled.state_probs[steps] = exact.state_probs.to(scaled.state_probs.dtype)
    return replace(
        scaled, start=scaled.start + exact.start, transition=scaled.transition + exact.transition
    )


def _in_log_space(
    log_start: Tensor, log_transition: Tensor, log_emission: Tensor, packing: Packing
) -> PathPosterior:
    each = [
        log_forward_backward(*model, packing)
        for model in zip(log_start, log_transition, log_emission.unbind(1), strict=True)
    ]
    return PathPosterior(
        torch.stack([one.step_log_prob for one in each], dim=1),
        torch.stack([one.state_probs for one in each], dim=1),
        torch.stack([one.start for one in each]),
        torch.stack([one.transition for one in each]),
    )


def _itself(values: Tensor) -> Tensor:
    return values


def _probabilities(
    log_start: Tensor, log_transition: Tensor, emission: PackedEmission
) -> tuple[Tensor, Tensor]:
    start, transition = log_start.exp(), log_transition.exp()
    if emission.weights.dtype == torch.float32:
        return start.float(), transition.float()
    return start.double(), transition.double()


def reachable(
    log_start: Tensor, log_transition: Tensor
) -> Bool[Tensor, "n_reach models states"] | None:
    """Tell which states a path may be in at each time step (the last: and later); None: spread.

    Where every move is likely enough, nothing that matters is lost, and nobody needs to look.
    """
    if float(log_transition.min()) >= math.log(LEAST_MOVE):
        return None
    move = (log_transition > -torch.inf).double()
    reach = [log_start > -torch.inf]
    while True:
        further = reach[-1] | ((reach[-1].double()[:, None] @ move)[:, 0] > 0)
        if torch.equal(further, reach[-1]):
            return torch.stack(reach)
        reach.append(further)


def _too_small(
    scale: Float[Tensor, "steps models"], packing: Packing
) -> Bool[Tensor, "batch"] | None:
    """Mark the padded rows in which a scale was too small, or no number; None: there is none."""
    least = DOUBTFUL_SCALE[scale.dtype]
    # One minimum tells, and it is no number where one scale is none.
    if float(scale.min()) > least:
        return None
    return _rows_at((~(scale > least)).any(dim=1), packing)


def _without(rows: Tensor | None, alpha: Tensor, scale: Tensor, packing: Packing) -> Tensor:
    """Set alpha of these rows to zero, in place, and return scales that keep them finite."""
    if rows is None:
        return scale
    left_out = rows[packing.sequence]
    alpha.masked_fill_(left_out[:, None, None], 0.0)
    return scale.masked_fill(left_out[:, None], 1.0)


def _rows_at(steps: Bool[Tensor, "steps"], packing: Packing) -> Bool[Tensor, "batch"]:
    """Mark the padded rows of some packed steps."""
    rows = _no_rows(packing)
    rows[packing.position[steps] // packing.shape[1]] = True
    return rows


def _no_rows(packing: Packing) -> Bool[Tensor, "batch"]:
    return torch.zeros(packing.shape[0], dtype=torch.bool, device=packing.position.device)
