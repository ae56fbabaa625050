"""Which source word comes next: one weight for each jump width, shared by all positions.

p(i | i', I) = s(i - i') / sum over l = 1 ... I of s(l - i'): Vogel, Ney & Tillmann (1996).
Row 0 stands for "no source word yet", and has weights of its own: the first link.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

_ROUNDS = 30


def n_jumps(max_jump: int) -> int:
    """Return how many weights there are: -max ... +max, then 0 ... max for the first link."""
    return 3 * max_jump + 2


def flat_jumps(max_jump: int) -> Float[Tensor, "jumps"]:
    """Return weights without preference: every source word is as probable as any other."""
    back_and_forth = torch.full((2 * max_jump + 1,), 1.0 / (2 * max_jump + 1), dtype=torch.float64)
    first = torch.full((max_jump + 1,), 1.0 / (max_jump + 1), dtype=torch.float64)
    return torch.cat([back_and_forth, first])


def jump_classes(length: int, max_jump: int, device: torch.device) -> Int[Tensor, "rows length"]:
    """Return which weight each move has: row 0 from before the sentence, row i from word i.

    Wider jumps than `max_jump` share the weight of the widest.
    """
    to = torch.arange(length, device=device)
    first = to.clamp(max=max_jump) + 2 * max_jump + 1
    moves = (to - to[:, None]).clamp(-max_jump, max_jump) + max_jump
    return torch.cat([first[None], moves])


def jump_matrix(
    jumps: Float[Tensor, "jumps"], length: int, max_jump: int
) -> tuple[Float[Tensor, "rows length"], Float[Tensor, "rows length"]]:
    """Return the weights of all moves, and what each row sums to in sentences of 1, 2, ... words.

    The weight of a move is the same in sentences of every length; only the sum differs. So pairs
    of unequal length share one matrix product.
    """
    weights = jumps[jump_classes(length, max_jump, jumps.device)]
    return weights, weights.cumsum(dim=1)


def maximised_jumps(
    jumps: Float[Tensor, "jumps"],
    moves: Float[Tensor, "rows length"],
    leaves: Float[Tensor, "rows length"],
    max_jump: int,
    pseudo_count: float,
) -> Float[Tensor, "jumps"]:
    """Return weights under which the expected moves are more probable than under `jumps`.

    Relative frequencies, the usual choice, ignore that long jumps are not on offer everywhere, and
    may lower the likelihood. This is the minorise-maximise iteration for choices from sets of
    weights, s(d) <- n(d) / sum over sets with d of n(set) / s(set): Hunter (2004). Each round
    climbs, and the rounds converge to the maximum.

    Args:
        jumps: present weights.
        moves: expected moves from (row) to (column).
        leaves: expected moves from (row) in sentences of 1, 2, ... words (column).
        max_jump: widest jump with a weight of its own.
        pseudo_count: moves of each width added, as if every width had been on offer.
    """
    classes = jump_classes(moves.shape[1], max_jump, moves.device)
    counts = _by_class(moves, classes, len(jumps)) + pseudo_count
    for _ in range(_ROUNDS):
        total = jumps[classes].cumsum(dim=1)
        rate = (leaves / total.where(total > 0, torch.inf)).flip(1).cumsum(dim=1).flip(1)
        offered = _by_class(rate, classes, len(jumps))
        offered = offered + pseudo_count * _sizes(jumps, max_jump)
        jumps = (counts / offered.where(offered > 0, 1.0)).where(offered > 0, jumps)
        jumps = _normalised(jumps, max_jump)
    return jumps


def jump_log_prior(jumps: Float[Tensor, "jumps"], pseudo_count: float) -> float:
    """Return the log-density of the weights under the pseudo-counts, up to a constant [nats]."""
    return pseudo_count * float(jumps.log().sum()) if pseudo_count > 0 else 0.0


def _by_class(values: Tensor, classes: Tensor, size: int) -> Float[Tensor, "jumps"]:
    return torch.zeros(size, dtype=values.dtype, device=values.device).index_add_(
        0, classes.flatten(), values.flatten()
    )


def _groups(jumps: Tensor, max_jump: int) -> tuple[Tensor, ...]:
    return torch.split(jumps, [2 * max_jump + 1, max_jump + 1])


def _sizes(jumps: Tensor, max_jump: int) -> Float[Tensor, "jumps"]:
    return torch.cat([torch.full_like(part, len(part)) for part in _groups(jumps, max_jump)])


def _normalised(jumps: Tensor, max_jump: int) -> Float[Tensor, "jumps"]:
    """Scale both kinds of weights to sum to 1: their scale means nothing."""
    return torch.cat([part / part.sum() for part in _groups(jumps, max_jump)])
