"""Which hidden state may start, and which may follow which."""

from typing import Literal, assert_never

import torch
from jaxtyping import Bool
from torch import Tensor

Topology = Literal["ergodic", "left_to_right", "banded"]


def allowed_moves(
    n_states: int,
    topology: Topology,
    band_width: int = 1,
    forbidden_moves: tuple[tuple[int, int], ...] = (),
) -> tuple[Bool[Tensor, "n_states"], Bool[Tensor, "n_states n_states"]]:
    """Return which states a path may start in, and which may follow which (row = from).

    Args:
        n_states: states.
        topology: ergodic; left to right with jumps of at most `band_width` (Bakis; Rabiner 1989,
            eqs. 45-47); or a band: from a state to those at most `band_width` below or above it.
        band_width: see there.
        forbidden_moves: pairs (from, to) that are taken away.
    """
    every = torch.ones(n_states, n_states, dtype=torch.bool)
    starts, moves = every[0].clone(), every
    match topology:
        case "ergodic":
            pass
        case "left_to_right":
            starts, moves = torch.arange(n_states) == 0, every.triu().tril(band_width)
        case "banded":
            moves = every.triu(-band_width).tril(band_width)
        case _:
            assert_never(topology)
    moves = moves.clone()
    for origin, goal in forbidden_moves:
        moves[origin, goal] = False
    return starts, moves


def topology_mistakes(
    n_states: int,
    topology: Topology,
    band_width: int,
    forbidden_moves: tuple[tuple[int, int], ...],
) -> list[str]:
    """Say what is wrong with a topology, one line for each mistake."""
    outside = [
        f"forbidden_moves: [{origin}, {goal}] names a state outside 0 to {n_states - 1}."
        for origin, goal in forbidden_moves
        if not (0 <= origin < n_states and 0 <= goal < n_states)
    ]
    if outside:
        return outside
    _, moves = allowed_moves(n_states, topology, band_width, forbidden_moves)
    return [
        f"forbidden_moves: no move is left from state {origin}; allow at least one."
        for origin in (~moves.any(dim=1)).nonzero()[:, 0].tolist()
    ]
