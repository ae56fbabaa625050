"""Which steps each label came from, given what was written."""

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.inference.linear_chain import LinearChain, chain_posterior

# A label with less than this of a step in all has no row.
_LEAST_MASS = 1e-6


def alignment_map(
    log_probs: Float[Tensor, "batch time symbols"],
    mask: Bool[Tensor, "batch time"],
    labels: Int[Tensor, "batch target_time"],
    n_labels: Int[Tensor, "batch"],
    blank: int,
) -> NativeMap:
    """Return the steps that each label of the target took: row = target step, column = input step.

    A row is the posterior of being in that label at each step, summed over all alignments (Graves
    et al. 2006, section 4.1), over its sum: shares of the label's steps. The end has no row, for
    it comes from nowhere; nor has a target that no alignment spells.
    """
    chain, symbols = _chain_of(labels, n_labels, blank)
    time = log_probs.shape[1]
    emission = log_probs.double().gather(2, symbols[:, None].expand(-1, time, -1))
    probs = chain_posterior(chain, emission, mask.sum(dim=1)).position_probs
    # Labels stand at the odd positions; the last target step is the end's.
    taken = probs[:, :, 1::2].mT
    mass = taken.sum(dim=2, keepdim=True)
    is_row = mass > _LEAST_MASS
    values = (taken / mass.where(is_row, 1.0)).where(is_row, 0.0).float()
    return NativeMap("decoder.ctc_cross", "posterior", values[:, None], is_row[:, :, 0], mask)


def _chain_of(
    labels: Int[Tensor, "batch target_time"], n_labels: Int[Tensor, "batch"], blank: int
) -> tuple[LinearChain, Int[Tensor, "batch positions"]]:
    """Return blank, label, blank, ..., label, blank as a chain, and the symbol of each position.

    A path stays, moves on, or jumps over a blank that is between unequal labels.
    """
    batch, most = labels.shape
    place = torch.arange(2 * most + 1, device=labels.device)
    symbols = labels.new_full((batch, len(place)), blank)
    symbols[:, 1::2] = labels
    can_jump = torch.zeros_like(symbols, dtype=torch.bool)
    can_jump[:, 1:-2:2] = labels[:, 1:] != labels[:, :-1]
    last = 2 * n_labels[:, None]

    def allowed(where: Bool[Tensor, "#batch positions"]) -> Float[Tensor, "batch positions"]:
        impossible = torch.full(symbols.shape, -torch.inf, dtype=torch.float64)
        return impossible.to(labels.device).masked_fill(where, 0.0)

    chain = LinearChain(
        log_start=allowed((place <= 1) & (place <= last)),
        log_stay=allowed(place <= last),
        log_next=allowed(place < last),
        log_jump=allowed(can_jump & (place + 2 <= last)),
        log_end=allowed((place == last) | (place == last - 1)),
        jump=2,
    )
    return chain, symbols
