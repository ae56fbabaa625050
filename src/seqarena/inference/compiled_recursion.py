"""The passes of `scaled_recursion` as compiled loops, for one processor.

Few sequences run one after the other, many side by side in lockstep: which it is, the numbers of
sequences and of states say alone.
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn.functional import pad

from seqarena.inference import lockstep_loops, sequence_loops
from seqarena.inference.compiled_loops import compiled
from seqarena.inference.packing import Packing

# From as many sequences on as there are states, but no more than these, lanes that stay empty cost
# less than starting over for each (measured).
_LOCKSTEP_SEQUENCES = 32


def forward_pass(
    start: Float[Tensor, "n_models n_states"],
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
) -> tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]]:
    """Return what `scaled_recursion.forward_pass` returns; tensors are on the processor."""
    loop = compiled(_loops(packing, start.shape[1])[0])
    # Model after model in memory: each is filled alone, and a cache line holds what it needs.
    alpha = weights.new_empty(len(start), len(packing.position), start.shape[1])
    scale = weights.new_empty(len(start), len(packing.position))
    given = _numpy(start, _padded(transition), *_steps(weights, rows, packing), alpha, scale)
    for model in range(len(start)):
        loop(model, *given)
    return alpha.transpose(0, 1), scale.T


def backward_pass(
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
    forward: tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]],
    reach: Float[Tensor, "n_reach n_models n_states"] | None,
) -> tuple[Float[Tensor, "n_models from_ to"], Float[Tensor, "sequences"] | None]:
    """Do what `scaled_recursion.backward_pass` does; tensors are on the processor."""
    loop = compiled(_loops(packing, transition.shape[1])[1])
    # A view, not a copy: posteriors take the place of alpha.
    alpha, scale = forward[0].transpose(0, 1), forward[1].T
    moves = torch.zeros(transition.shape, dtype=torch.float64)
    peak = alpha.new_zeros(packing.n_sequences)
    masks = alpha.new_zeros(0, *transition.shape[:2]) if reach is None else reach
    steps = _steps(weights, rows, packing)
    into = _padded(transition.transpose(1, 2))
    before, after = _numpy(into, *steps), _numpy(scale, masks, moves, peak)
    for model in range(len(transition)):
        loop(model, *before, alpha.numpy(), *after)
    return moves, None if reach is None else peak


def _loops(packing: Packing, n_states: int) -> tuple[Callable[..., None], Callable[..., None]]:
    if packing.n_sequences < min(n_states, _LOCKSTEP_SEQUENCES):
        return sequence_loops.forward, sequence_loops.backward
    return lockstep_loops.forward, lockstep_loops.backward


def _padded(transition: Tensor) -> Tensor:
    """Add rows of zeros, up to a multiple of what is read at once."""
    more = -transition.shape[1] % lockstep_loops.STATES
    return pad(transition, (0, 0, 0, more)) if more else transition


def _steps(weights: Tensor, rows: Tensor | None, packing: Packing) -> tuple[Tensor, ...]:
    """Return weights, rows, first packed step of each time step, and lengths, longest first."""
    rows = packing.first[:0] if rows is None else rows
    return weights, rows, packing.first, packing.lengths


def _numpy(*tensors: Tensor) -> list[np.ndarray]:
    return [tensor.contiguous().numpy() for tensor in tensors]
