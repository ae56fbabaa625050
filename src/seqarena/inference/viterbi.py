"""The single most probable hidden path."""

from collections.abc import Callable
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.compiled_loops import compiled
from seqarena.inference.packing import Packing


def viterbi(
    log_start: Float[Tensor, "n_states"],
    log_transition: Float[Tensor, "n_states n_states"],
    log_emission: Float[Tensor, "steps n_states"],
    packing: Packing,
) -> tuple[Int[Tensor, "steps"], Float[Tensor, "sequences"]]:
    """Return the most probable state of every packed step, and log p(x, path), longest first.

    Rabiner (1989), eqs. 32-35; O(steps · states²) time; 4 bytes per step and state beside the
    emission's. Ties go to the lower state. On a processor compiled loops do it: measured, torch
    takes three times as long over many sequences, and more over few.
    """
    find = _engine(log_emission.device)
    return find(log_start, log_transition, log_emission, packing)


def _engine(device: torch.device) -> Callable[..., tuple[Tensor, Tensor]]:
    return _in_compiled_loops if device.type == "cpu" else _in_torch


def _in_torch(
    log_start: Tensor, log_transition: Tensor, log_emission: Tensor, packing: Packing
) -> tuple[Tensor, Tensor]:
    best = log_start + log_emission[: packing.n_sequences]
    final, came_from = best.clone(), [torch.empty(0)]
    for emission in packing.by_time(log_emission)[1:]:
        reach = best[: len(emission), :, None] + log_transition
        best, origin = reach.max(dim=1)
        best = best + emission
        final[: len(emission)] = best
        came_from.append(origin.int())
    log_prob, state = final.max(dim=1)
    path = torch.empty(len(log_emission), dtype=torch.long, device=log_emission.device)
    paths = packing.by_time(path)
    for time in range(len(packing.n_alive) - 1, -1, -1):
        n = packing.n_alive[time]
        paths[time].copy_(state[:n])
        if time > 0:
            state[:n] = came_from[time].gather(1, state[:n, None])[:, 0]
    return path, log_prob


def _in_compiled_loops(
    log_start: Tensor, log_transition: Tensor, log_emission: Tensor, packing: Packing
) -> tuple[Tensor, Tensor]:
    path = torch.empty(len(log_emission), dtype=torch.long)
    log_prob = log_emission.new_empty(packing.n_sequences)
    compiled(_best_paths)(
        log_start.to(log_emission.dtype).numpy(),
        log_transition.to(log_emission.dtype).contiguous().numpy(),
        log_emission.contiguous().numpy(),
        packing.first.numpy(),
        packing.lengths.numpy(),
        path.numpy(),
        log_prob.numpy(),
    )
    return path, log_prob


@no_type_check
def _best_paths(start, transition, emission, first, lengths, path, log_prob):
    n_states = len(start)
    best, reached = np.empty_like(start), np.empty_like(start)
    origin = np.empty(n_states, dtype=np.int64)
    for rank in range(len(lengths)):
        came_from = np.empty((lengths[rank], n_states), dtype=np.int32)
        for to in range(n_states):
            best[to] = start[to] + emission[rank, to]
        for time in range(1, lengths[rank]):
            for to in range(n_states):
                reached[to] = best[0] + transition[0, to]
                origin[to] = 0
            for state in range(1, n_states):
                share = best[state]
                for to in range(n_states):
                    reach = share + transition[state, to]
                    # As selections, not branches, so that several are made at once.
                    is_better = reach > reached[to]
                    reached[to] = reach if is_better else reached[to]
                    origin[to] = state if is_better else origin[to]
            for to in range(n_states):
                best[to] = reached[to] + emission[first[time] + rank, to]
                came_from[time, to] = origin[to]
        state = np.argmax(best)
        log_prob[rank] = best[state]
        for time in range(lengths[rank] - 1, -1, -1):
            path[first[time] + rank] = state
            if time > 0:
                state = came_from[time, state]
