"""Forward and backward over chains of positions, one chain per sequence: embedded training.

A path stays, moves on by one position, or jumps over a fixed number of them. That is what a
transcript becomes when its word models are joined end to end with silence that may be skipped
(Young et al. 2006, "The HTK Book", section 8.5). A move is a shift of the whole array, so that a
time step costs O(sequences · positions), where a transition matrix would cost positions squared.

In log space throughout: no path returns to a position, so that one that underflows would be lost.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor


@dataclass(frozen=True)
class LinearChain:
    """The moves of each sequence's own chain; minus infinity where there is no such move."""

    log_start: Float[Tensor, "batch positions"]
    """log p(the path begins here)."""
    log_stay: Float[Tensor, "batch positions"]
    log_next: Float[Tensor, "batch positions"]
    """log p(the position after this one comes next)."""
    log_jump: Float[Tensor, "batch positions"]
    """log p(the position `jump` after this one comes next)."""
    log_end: Float[Tensor, "batch positions"]
    """log p(the path ends after this step)."""
    jump: int
    """Positions that a jump moves on, 1 or more."""


@dataclass(frozen=True)
class ChainPosterior:
    """What each sequence says about its path."""

    log_prob: Float[Tensor, "batch"]
    """log p(x), over all paths from a start to an end [nats]; minus infinity: there is none."""
    position_probs: Float[Tensor, "batch time positions"]
    """p(position_t | x); 0 on padding and where no path explains the sequence."""
    n_stays: Float[Tensor, "batch positions"]
    """Expected number of steps after which the path stays where it is."""


def chain_log_prob(
    chain: LinearChain,
    log_emission: Float[Tensor, "batch time positions"],
    lengths: Int[Tensor, "batch"],
) -> Float[Tensor, "batch"]:
    """Return log p(x) of each sequence, summed over all paths through its chain [nats]."""
    return _evidence(chain, chain_alpha(chain, log_emission), lengths)


def chain_posterior(
    chain: LinearChain,
    log_emission: Float[Tensor, "batch time positions"],
    lengths: Int[Tensor, "batch"],
) -> ChainPosterior:
    """Return the posterior of each sequence's path: Rabiner (1989), eqs. 19-25, 27 and 37.

    O(batch · time · positions) time and memory. What stands on padding is never read.
    """
    log_alpha = chain_alpha(chain, log_emission)
    log_beta = _backward(chain, log_emission, lengths)
    log_prob = _evidence(chain, log_alpha, lengths)
    # What no path explains counts as nothing, and not as NaN.
    evidence = log_prob.masked_fill(log_prob.isneginf(), torch.inf)[:, None, None]
    stayed = log_alpha[:, :-1] + chain.log_stay[:, None]
    stayed = stayed + log_emission[:, 1:] + log_beta[:, 1:] - evidence
    return ChainPosterior(
        log_prob=log_prob,
        position_probs=(log_alpha + log_beta - evidence).exp(),
        n_stays=stayed.exp().sum(dim=1),
    )


def chain_alpha(
    chain: LinearChain, log_emission: Float[Tensor, "batch time positions"]
) -> Float[Tensor, "batch time positions"]:
    """Return log p(x_1, ..., x_t, position_t): Rabiner (1989), eqs. 19 and 20 [nats].

    Whatever stands in the emissions on padding goes on.
    """
    reach = chain.jump
    into_next, into_jump = _shifted(chain.log_next, 1), _shifted(chain.log_jump, reach)
    batch, time, positions = log_emission.shape
    # `reach` columns of impossible positions in front make every shift a view.
    padded = log_emission.new_full((time, batch, reach + positions), -torch.inf)
    emissions = log_emission.transpose(0, 1)
    for step, (row, emission) in enumerate(zip(padded, emissions, strict=True)):
        if step == 0:
            torch.add(chain.log_start, emission, out=row[:, reach:])
            continue
        before = padded[step - 1]
        reached = torch.logaddexp(
            before[:, reach:] + chain.log_stay, before[:, reach - 1 : -1] + into_next
        )
        reached = torch.logaddexp(reached, before[:, :-reach] + into_jump)
        torch.add(reached, emission, out=row[:, reach:])
    return padded[:, :, reach:].transpose(0, 1)


def _backward(chain: LinearChain, log_emission: Tensor, lengths: Tensor) -> Tensor:
    """Log p(x_{t+1}, ..., x_T, the end | position_t); minus infinity on padding."""
    reach = chain.jump
    batch, time, positions = log_emission.shape
    padded = log_emission.new_full((time, batch, positions + reach), -torch.inf)
    is_last = lengths[:, None] - 1 == torch.arange(time, device=lengths.device)
    ahead = torch.full_like(padded[0], -torch.inf)
    for step in range(time - 1, -1, -1):
        own = padded[step, :, :positions]
        if step < time - 1:
            torch.add(padded[step + 1, :, :positions], log_emission[:, step + 1], out=own)
            ahead[:, :positions] = own
            stay = ahead[:, :positions] + chain.log_stay
            onward = ahead[:, 1 : positions + 1] + chain.log_next
            jumped = ahead[:, reach:] + chain.log_jump
            own.copy_(torch.logaddexp(torch.logaddexp(stay, onward), jumped))
        own.copy_(chain.log_end.where(is_last[:, step, None], own))
    return padded[:, :, :positions].transpose(0, 1)


def _evidence(chain: LinearChain, log_alpha: Tensor, lengths: Tensor) -> Tensor:
    rows = torch.arange(len(lengths), device=lengths.device)
    return (log_alpha[rows, lengths - 1] + chain.log_end).logsumexp(dim=1)


def _shifted(log_move: Tensor, by: int) -> Tensor:
    """Lay the probability of each move where it leads to."""
    moved = torch.full_like(log_move, -torch.inf)
    moved[:, by:] = log_move[:, : log_move.shape[1] - by]
    return moved
