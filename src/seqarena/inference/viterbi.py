"""The single most probable hidden path."""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.packing import Packing


def viterbi(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    log_emission: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> tuple[Int[Tensor, "steps"], Float[Tensor, "sequences"]]:
    """Return the most probable state of every packed step, and log p(x, path), longest first.

    Rabiner (1989), eqs. 32-35; O(steps · states²) time. Ties go to the lower state.
    """
    best = log_start + log_emission[: packing.n_sequences]
    final, came_from = best.clone(), [torch.empty(0)]
    for emission in packing.by_time(log_emission)[1:]:
        reach = best[: len(emission), :, None] + log_transition
        best, origin = reach.max(dim=1)
        best = best + emission
        final[: len(emission)] = best
        came_from.append(origin)
    log_prob, state = final.max(dim=1)
    path = torch.empty(len(log_emission), dtype=torch.long, device=log_emission.device)
    paths = packing.by_time(path)
    for time in range(len(packing.n_alive) - 1, -1, -1):
        n = packing.n_alive[time]
        paths[time].copy_(state[:n])
        if time > 0:
            state[:n] = came_from[time].gather(1, state[:n, None])[:, 0]
    return path, log_prob
