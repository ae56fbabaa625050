"""The same recursions in log space: slower, exact at any size of number, and easy to check.

Rabiner (1989), eqs. 19-25, 27 and 37. It is the oracle of the scaled recursion, and does the
sequences that the scaled one cannot follow.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.packing import Packing


@dataclass(frozen=True)
class PathPosterior:
    """What some packed sequences say about the hidden path; the sums are over all of them."""

    step_log_prob: Float[Tensor, "steps *models"]
    """Log p(x_t | x_1, ..., x_{t-1}) [nats]."""
    state_probs: Float[Tensor, "steps *models n_states"]
    """p(state_t | x); zero for a sequence that no path explains."""
    start: Float[Tensor, "*models n_states"]
    """Expected number of sequences that start in each state."""
    transition: Float[Tensor, "*models n_states n_states"]
    """Expected number of moves from each state (row) to each (column)."""


def log_forward_backward(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    log_emission: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> PathPosterior:
    """Posterior of the hidden path and its expected statistics, in log space.

    O(steps · states²) time; the memory of one time step is sequences · states².
    """
    alpha = log_alpha(log_start, log_transition, log_emission, packing)
    beta = torch.zeros_like(alpha)
    transition = torch.zeros_like(log_transition)
    evidence = _evidence(alpha, packing)
    alphas, betas = packing.by_time(alpha), packing.by_time(beta)
    emissions = packing.by_time(log_emission)
    for time in range(len(packing.n_alive) - 1, 0, -1):
        n = packing.n_alive[time]
        move = _moves_ahead(log_transition, emissions[time], betas[time])
        betas[time - 1][:n] = move.logsumexp(dim=2)
        log_pair = alphas[time - 1][:n, :, None] + move - evidence[:n, None, None]
        transition += log_pair.exp().sum(dim=0)
    state_probs = (alpha + beta - torch.cat([evidence[:n] for n in packing.n_alive])[:, None]).exp()
    return PathPosterior(
        step_log_prob=_step_log_prob(alpha, packing),
        state_probs=state_probs,
        start=state_probs[: packing.n_sequences].sum(dim=0),
        transition=transition,
    )


def log_alpha(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    log_emission: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> Float[Tensor, "steps n_states"]:
    """Return log p(x_1, ..., x_t, state_t): Rabiner's eqs. 19 and 20; gradients flow through it."""
    alphas: list[Tensor] = []
    for emission in packing.by_time(log_emission):
        if alphas:
            reach = alphas[-1][: len(emission), :, None] + log_transition
            alphas.append(reach.logsumexp(dim=1) + emission)
        else:
            alphas.append(log_start + emission)
    return torch.cat(alphas) if alphas else log_emission


def log_beta(
    log_transition: Float[Tensor, "n_states n_states"],
    log_emission: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> Float[Tensor, "steps n_states"]:
    """Return log p(x_{t+1}, ..., x_T | state_t): eqs. 24 and 25; gradients flow through it."""
    emissions, betas = packing.by_time(log_emission), list[Tensor]()
    for time in reversed(range(len(emissions))):
        beta = torch.zeros_like(emissions[time])
        if betas:
            ahead = _moves_ahead(log_transition, emissions[time + 1], betas[-1]).logsumexp(dim=2)
            # Sequences that end here have nothing ahead.
            beta = torch.cat([ahead, beta[len(ahead) :]])
        betas.append(beta)
    return torch.cat(betas[::-1]) if betas else log_emission


def _moves_ahead(
    log_transition: Tensor, log_emission: Tensor, beta: Tensor
) -> Float[Tensor, "alive from_ to"]:
    """Return log p(state_t, x_t, ..., x_T | state_{t-1}) of the sequences alive at t."""
    return log_transition + (log_emission + beta)[:, None, :]


def _step_log_prob(alpha: Tensor, packing: Packing) -> Float[Tensor, "steps"]:
    prefix = alpha.logsumexp(dim=1)
    before = torch.zeros_like(prefix)
    before[packing.n_sequences :] = prefix[packing.previous]
    return prefix - before.where(before.isfinite(), 0.0)


def _evidence(alpha: Tensor, packing: Packing) -> Float[Tensor, "sequences"]:
    """Log p(x) of each sequence, longest first; plus infinity if nothing explains it."""
    prefix = alpha.logsumexp(dim=1)
    evidence = prefix[: packing.n_sequences].clone()
    for total in packing.by_time(prefix):
        evidence[: len(total)] = total
    return evidence.masked_fill(evidence.isneginf(), torch.inf)
