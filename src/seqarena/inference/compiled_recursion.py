"""The passes of `scaled_recursion` as compiled loops: one sequence after the other.

Where few sequences run over many steps, torch spends its time on starting operations on a handful
of numbers.
"""

from typing import Any, no_type_check

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.compiled_loops import compiled
from seqarena.inference.packing import Packing


def forward_pass(
    start: Float[Tensor, "n_models n_states"],
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
) -> tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]]:
    """Return what `scaled_recursion.forward_pass` returns; tensors are on the processor."""
    run = compiled(_forward)
    alphas, scales = [], []
    for model, share in enumerate(weights.unbind(1)):
        alpha = weights.new_empty(len(packing.position), start.shape[1])
        scale = weights.new_empty(len(packing.position))
        run(
            start[model].numpy(),
            transition[model].numpy(),
            *_steps(share, rows, packing),
            alpha.numpy(),
            scale.numpy(),
        )
        alphas.append(alpha)
        scales.append(scale)
    return _side_by_side(alphas), _side_by_side(scales)


def backward_pass(
    transition: Float[Tensor, "n_models n_states n_states"],
    weights: Float[Tensor, "rows n_models n_states"],
    rows: Int[Tensor, "steps"] | None,
    packing: Packing,
    forward: tuple[Float[Tensor, "steps n_models n_states"], Float[Tensor, "steps n_models"]],
    reach: Float[Tensor, "n_reach n_models n_states"] | None,
) -> tuple[Float[Tensor, "n_models from_ to"], Float[Tensor, "sequences"] | None]:
    """Do what `scaled_recursion.backward_pass` does; tensors are on the processor."""
    run = compiled(_backward)
    alphas, scales = forward
    moves = torch.zeros(transition.shape, dtype=torch.float64)
    peak = alphas.new_zeros(packing.n_sequences)
    masks = alphas.new_zeros(0, *transition.shape[:2]) if reach is None else reach
    for model, share in enumerate(weights.unbind(1)):
        alpha = alphas[:, model].contiguous()
        run(
            transition[model].T.contiguous().numpy(),
            *_steps(share, rows, packing),
            alpha.numpy(),
            scales[:, model].contiguous().numpy(),
            masks[:, model].contiguous().numpy(),
            moves[model].numpy(),
            peak.numpy(),
        )
        if len(transition) > 1:
            alphas[:, model] = alpha
    return moves, None if reach is None else peak


def _side_by_side(each: list[Tensor]) -> Tensor:
    return each[0][:, None] if len(each) == 1 else torch.stack(each, dim=1)


def _steps(weights: Tensor, rows: Tensor | None, packing: Packing) -> tuple[Any, ...]:
    """Return weights, rows, first packed step of each time step, and lengths, longest first."""
    return (
        weights.contiguous().numpy(),
        np.empty(0, dtype=np.int64) if rows is None else rows.numpy(),
        packing.first.numpy(),
        packing.lengths.numpy(),
    )


@no_type_check
def _forward(start, transition, weights, rows, first, lengths, alpha, scale):  # noqa: PLR0913
    n_states = len(start)
    for rank in range(len(lengths)):
        for time in range(lengths[rank]):
            step = first[time] + rank
            row = rows[step] if len(rows) else step
            if time == 0:
                for to in range(n_states):
                    alpha[step, to] = start[to]
            else:
                before = first[time - 1] + rank
                for to in range(n_states):
                    alpha[step, to] = 0
                for state in range(n_states):
                    share = alpha[before, state]
                    for to in range(n_states):
                        alpha[step, to] += share * transition[state, to]
            total = start[0] * 0
            for to in range(n_states):
                alpha[step, to] *= weights[row, to]
                total += alpha[step, to]
            scale[step] = total
            for to in range(n_states):
                alpha[step, to] /= total


@no_type_check
def _backward(into, weights, rows, first, lengths, alpha, scale, reach, moves, peak):  # noqa: C901, PLR0913
    n_states = len(into)
    beta, ahead = np.empty_like(alpha[0]), np.empty_like(alpha[0])
    part = np.zeros_like(into)
    for rank in range(len(lengths)):
        beta[:] = 1
        for time in range(lengths[rank] - 1, 0, -1):
            step, before = first[time] + rank, first[time - 1] + rank
            row = rows[step] if len(rows) else step
            for state in range(n_states):
                alpha[step, state] *= beta[state]
            if time % 16 == 0:
                total = alpha[step].sum()
                if total != 0:
                    for state in range(n_states):
                        alpha[step, state] /= total
                        beta[state] /= total
            for state in range(n_states):
                beta[state] /= scale[step]
            if len(reach):
                for state in range(n_states):
                    beta[state] *= reach[min(time, len(reach) - 1), state]
                    if not beta[state] <= peak[rank]:
                        peak[rank] = beta[state]
            for state in range(n_states):
                ahead[state] = beta[state] * weights[row, state]
            for state in range(n_states):
                share = alpha[before, state]
                for to in range(n_states):
                    part[state, to] += share * ahead[to]
            for state in range(n_states):
                beta[state] = 0
            for to in range(n_states):
                share = ahead[to]
                for state in range(n_states):
                    beta[state] += share * into[to, state]
            if time % 16 == 1:
                moves += part
                part[:] = 0
        for state in range(n_states):
            alpha[rank, state] *= beta[state]
        total = alpha[rank].sum()
        if total != 0:
            for state in range(n_states):
                alpha[rank, state] /= total
