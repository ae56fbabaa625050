"""Forward and backward recursions over hidden states, packed by length and scaled.

Rabiner (1989), "A tutorial on hidden Markov models", section V.A, with two changes: emissions are
divided by their largest at each step (so a density may be any size), and sequences that the
scaled numbers cannot follow are done again in log space (`log_forward_backward`).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.inference.log_forward_backward import PathPosterior, log_forward, log_forward_backward
from seqarena.inference.packing import Packing

# exp of less than this is zero or denormal, and 12 times slower to compute.
_LOWEST_EXPONENT = {torch.float32: -87.0, torch.float64: -700.0}
# What underflow loses is below the square of this: nothing, beside a sum that is above it.
_DOUBTFUL_SCALE = {torch.float32: 1e-19, torch.float64: 1e-150}
# Steps whose densities are computed at once: they stay in the processor's cache.
_CHUNK = 8192


@dataclass(frozen=True)
class PackedEmission:
    """p(x_t | state) of every packed step: divided by its largest over the states, and in full."""

    weights: Float[Tensor, "steps n_states"]
    """p(x_t | state) / max over states: 0 to 1."""
    log_scale: Float[Tensor, "steps"]
    """Log of what the weights were divided by [nats]; minus infinity: no state emits this."""
    log_prob_at: Callable[[Tensor], Tensor]
    """Exact log p(x_t | state) of some packed steps, in 64 bits, for the recursion in log space."""


def emission_of_table(
    log_table: Float[Tensor, "n_states n_symbols"],
    symbols: Int[Tensor, "steps"],
    dtype: torch.dtype,
) -> PackedEmission:
    """Look up the emission of each symbol; one exp per table entry, none per step."""
    by_symbol = log_table.T.contiguous()
    weights, log_scale = _scaled(by_symbol, dtype)
    return PackedEmission(
        weights=weights.index_select(0, symbols),
        log_scale=log_scale.index_select(0, symbols),
        log_prob_at=lambda steps: by_symbol[symbols[steps]],
    )


def emission_of_density(
    log_density: Callable[[Tensor], Tensor], values: Float[Tensor, "steps dim"], dtype: torch.dtype
) -> PackedEmission:
    """Scale the log-densities (steps, n_states) of frames, computed a chunk at a time."""
    parts = [_scaled(log_density(part), dtype) for part in torch.split(values, _CHUNK)]
    return PackedEmission(
        weights=torch.cat([weights for weights, _ in parts]),
        log_scale=torch.cat([log_scale for _, log_scale in parts]),
        log_prob_at=lambda steps: log_density(values[steps]),
    )


def forward(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    emission: PackedEmission,
    packing: Packing,
) -> Float[Tensor, "steps"]:
    """Log p(x_t | x_1, ..., x_{t-1}) of every packed step, in 64 bits [nats].

    O(steps · states²) time. From the first step on that no path explains it is minus infinity.
    """
    _, scale = _forward(log_start, log_transition, emission, packing)
    step_log_prob = scale.double().log() + emission.log_scale.double()
    doubtful = _doubtful_rows(scale, packing)
    if doubtful.any():
        steps, part = _part(packing, doubtful)
        exact = log_forward(log_start, log_transition, emission.log_prob_at(steps), part)
        step_log_prob[steps] = exact.to(step_log_prob.dtype)
    return step_log_prob


def forward_backward(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    emission: PackedEmission,
    packing: Packing,
) -> PathPosterior:
    """Posterior of the hidden path and its expected statistics: Rabiner (1989), eqs. 27, 37 and 40.

    O(steps · states²) time; 2 numbers per step and state. Sums are accumulated in 64 bits.
    A sequence that no path explains has minus infinity in `step_log_prob`, and counts as nothing.
    """
    alpha, scale = _forward(log_start, log_transition, emission, packing)
    doubtful = _doubtful_rows(scale, packing)
    moves = _backward(
        log_transition, alpha, _without(doubtful, alpha, scale, packing), emission, packing
    )
    # One sum tells in a fraction of the time whether any of them is infinite or not a number.
    if not bool(alpha.sum().isfinite()):
        doubtful = doubtful | _rows_at(~alpha.isfinite().all(dim=1), packing)
        alpha, scale = _forward(log_start, log_transition, emission, packing)
        kept = _without(doubtful, alpha, scale, packing)
        moves = _backward(log_transition, alpha, kept, emission, packing)
    scaled = PathPosterior(
        step_log_prob=scale.double().log() + emission.log_scale.double(),
        state_probs=alpha,
        start=alpha[: packing.n_sequences].double().sum(dim=0),
        transition=moves * log_transition.double().exp(),
    )
    if not doubtful.any():
        return scaled
    steps, few = _part(packing, doubtful)
    exact = log_forward_backward(log_start, log_transition, emission.log_prob_at(steps), few)
    return _with_exact(scaled, exact, steps)


def _scaled(log_prob: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    log_scale = log_prob.amax(dim=-1)
    shifted = (log_prob - log_scale.where(log_scale.isfinite(), 0.0)[..., None]).to(dtype)
    lowest = _LOWEST_EXPONENT[dtype]
    return shifted.clamp(min=lowest).exp_().masked_fill_(shifted < lowest, 0.0), log_scale


def _forward(
    log_start: Tensor, log_transition: Tensor, emission: PackedEmission, packing: Packing
) -> tuple[Tensor, Tensor]:
    """Return p(state_t | x_1..t) and p(x_t | x_1..t-1) over the emission's scale (eqs. 91-92)."""
    weights = emission.weights
    transition = log_transition.exp().to(weights.dtype)
    alpha, scale = torch.empty_like(weights), weights.new_empty((len(weights), 1))
    previous, n_previous = None, 0
    for n, current, weight, total in zip(
        packing.n_alive,
        packing.by_time(alpha),
        packing.by_time(weights),
        packing.by_time(scale),
        strict=True,
    ):
        if previous is None:
            torch.mul(log_start.exp().to(weights.dtype), weight, out=current)
        else:
            alive = previous if n == n_previous else previous[:n]
            torch.mm(alive, transition, out=current)
            current.mul_(weight)
        torch.sum(current, dim=1, keepdim=True, out=total)
        current.div_(total)
        previous, n_previous = current, n
    return alpha, scale[:, 0]


def _backward(
    log_transition: Tensor,
    alpha: Tensor,
    scale: Tensor,
    emission: PackedEmission,
    packing: Packing,
) -> Float[Tensor, "from_ to"]:
    """Turn alpha, in place, into p(state_t | x); return the moves' sums over their probability.

    One pass from the last time step to the first, in which each number is touched while it is in
    the processor's cache: eqs. 25, 27 and 37 at once.
    """
    into = log_transition.exp().to(alpha.dtype).T.contiguous()
    total = torch.zeros(2 * alpha.shape[1:], dtype=torch.float64, device=alpha.device)
    # Rows of sequences that have not begun yet, seen from the end, stay 1.
    beta = alpha.new_ones((packing.n_sequences, alpha.shape[1]))
    flow = torch.empty_like(beta)
    alphas, scales = packing.by_time(alpha), packing.by_time(scale[:, None])
    weights = packing.by_time(emission.weights)
    for time in range(len(packing.n_alive) - 1, 0, -1):
        n = packing.n_alive[time]
        known, ahead = beta[:n], flow[:n]
        torch.mul(weights[time], known, out=ahead).div_(scales[time])
        alphas[time].mul_(known)
        total += alphas[time - 1][:n].T @ ahead
        torch.mm(ahead, into, out=known)
    alphas[0].mul_(beta)
    return total


def _without(rows: Tensor, alpha: Tensor, scale: Tensor, packing: Packing) -> Tensor:
    """Set alpha of these rows to zero, in place, and return scales that keep them finite."""
    if not rows.any():
        return scale
    left_out = rows[packing.sequence]
    alpha.masked_fill_(left_out[:, None], 0.0)
    return scale.masked_fill(left_out, 1.0)


def _doubtful_rows(scale: Tensor, packing: Packing) -> Bool[Tensor, "batch"]:
    """Mark padded rows in which some number came too near to underflow."""
    return _rows_at(~(scale > _DOUBTFUL_SCALE[scale.dtype]), packing)


def _rows_at(steps: Bool[Tensor, "steps"], packing: Packing) -> Bool[Tensor, "batch"]:
    """Mark the padded rows of some packed steps."""
    rows = torch.zeros(packing.shape[0], dtype=torch.bool, device=steps.device)
    rows[packing.sequence[steps]] = True
    return rows


def _part(packing: Packing, rows: Bool[Tensor, "batch"]) -> tuple[Tensor, Packing]:
    """Return the packed steps of some rows, and the packing of those rows alone."""
    steps = rows[packing.sequence].nonzero()[:, 0]
    mask = torch.zeros(packing.shape, dtype=torch.bool, device=rows.device)
    mask[packing.sequence[steps], packing.time[steps]] = True
    # Sorting by length is stable, so the rows keep the order that they have in the whole packing.
    return steps, Packing.of(mask, rows.nonzero()[:, 0])


def _with_exact(scaled: PathPosterior, exact: PathPosterior, steps: Tensor) -> PathPosterior:
    scaled.step_log_prob[steps] = exact.step_log_prob
    scaled.state_probs[steps] = exact.state_probs.to(scaled.state_probs.dtype)
    return replace(
        scaled, start=scaled.start + exact.start, transition=scaled.transition + exact.transition
    )
