"""The scaled recursions as loops over one sequence after the other, to be compiled.

Where few sequences run over many steps, torch spends its time on starting operations on a handful
of numbers.
"""

from typing import no_type_check

import numpy as np


@no_type_check
def forward(model, start, transition, weights, rows, first, lengths, alpha, scale):  # noqa: PLR0913
    """Fill alpha and scale of one model: see `scaled_recursion.forward_pass`."""
    n_states = weights.shape[2]
    zero = alpha.dtype.type(0)
    for rank in range(len(lengths)):
        before = alpha[model, rank]
        for time in range(lengths[rank]):
            step = first[time] + rank
            weight = weights[rows[step] if len(rows) else step, model]
            shares = alpha[model, step]
            if time == 0:
                for to in range(n_states):
                    shares[to] = start[model, to]
            else:
                for to in range(n_states):
                    shares[to] = 0
                for state in range(n_states):
                    share = before[state]
                    for to in range(n_states):
                        shares[to] += share * transition[model, state, to]
            total = zero
            for to in range(n_states):
                shares[to] *= weight[to]
                total += shares[to]
            scale[model, step] = total
            for to in range(n_states):
                shares[to] /= total
            before = shares


@no_type_check
def backward(  # noqa: C901, PLR0913
    model, into, weights, rows, first, lengths, alpha, scale, reach, moves, peak
):
    """Turn alpha of one model into posteriors: see `scaled_recursion.backward_pass`."""
    n_states = weights.shape[2]
    beta, ahead = np.empty_like(alpha[0, 0]), np.empty_like(alpha[0, 0])
    part = np.zeros((n_states, n_states), dtype=alpha.dtype)
    for rank in range(len(lengths)):
        beta[:] = 1
        for time in range(lengths[rank] - 1, -1, -1):
            step = first[time] + rank
            shares = alpha[model, step]
            for state in range(n_states):
                shares[state] *= beta[state]
            if time % 16 == 0:
                total = shares.sum()
                if total != 0:
                    for state in range(n_states):
                        shares[state] /= total
                        beta[state] /= total
            if time == 0:
                break
            for state in range(n_states):
                beta[state] /= scale[model, step]
            if len(reach):
                for state in range(n_states):
                    beta[state] *= reach[min(time, len(reach) - 1), model, state]
                    if not beta[state] <= peak[rank]:
                        peak[rank] = beta[state]
            weight = weights[rows[step] if len(rows) else step, model]
            before = alpha[model, first[time - 1] + rank]
            for state in range(n_states):
                ahead[state] = beta[state] * weight[state]
            for state in range(n_states):
                share = before[state]
                for to in range(n_states):
                    part[state, to] += share * ahead[to]
            for state in range(n_states):
                beta[state] = 0
            for to in range(n_states):
                share = ahead[to]
                for state in range(n_states):
                    beta[state] += share * into[model, to, state]
            if time % 16 == 1:
                moves[model] += part
                part[:] = 0
