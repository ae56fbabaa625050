"""The scaled recursions as loops over many sequences in lockstep, to be compiled.

Sequences next to each other in a packing are about equally long. They run side by side, each in a
lane of its own, and what they share (a move's probability) meets all lanes in one vector operation.
"""

from typing import no_type_check

import numpy as np

# Sequences that run side by side: a constant, so that loops over them become vector operations.
LANES = 64
# States that one pass over the lanes reads at once. Transitions are padded to a multiple.
STATES = 4


@no_type_check
def forward(model, start, transition, weights, rows, first, lengths, alpha, scale):  # noqa: C901, PLR0913
    """Fill alpha and scale of one model: see `scaled_recursion.forward_pass`.

    Dead lanes go on with what they last read, and nobody looks at them.
    """
    n_states = weights.shape[2]
    before = np.zeros((transition.shape[1], LANES), dtype=alpha.dtype)
    reached = np.zeros((transition.shape[1], LANES), dtype=alpha.dtype)
    emitted = np.zeros((n_states, LANES), dtype=alpha.dtype)
    total = np.zeros(LANES, dtype=alpha.dtype)
    one = alpha.dtype.type(1)
    for rank in range(0, len(lengths), LANES):
        n = min(len(lengths) - rank, LANES)
        for time in range(lengths[rank]):
            while lengths[rank + n - 1] <= time:
                n -= 1
            step = first[time] + rank
            for lane in range(n):
                weight = weights[rows[step + lane] if len(rows) else step + lane, model]
                for to in range(n_states):
                    emitted[to, lane] = weight[to]
            if time == 0:
                for to in range(n_states):
                    reached[to] = start[model, to]
            else:
                reached[:] = 0
                for state in range(0, transition.shape[1], STATES):
                    for to in range(n_states):
                        first_move = transition[model, state, to]
                        second_move = transition[model, state + 1, to]
                        third_move = transition[model, state + 2, to]
                        fourth_move = transition[model, state + 3, to]
                        for lane in range(LANES):
                            reached[to, lane] += (
                                first_move * before[state, lane]
                                + second_move * before[state + 1, lane]
                                + third_move * before[state + 2, lane]
                                + fourth_move * before[state + 3, lane]
                            )
            total[:] = 0
            for to in range(n_states):
                for lane in range(LANES):
                    share = reached[to, lane] * emitted[to, lane]
                    reached[to, lane] = share
                    total[lane] += share
            for lane in range(n):
                scale[model, step + lane] = total[lane]
            for lane in range(LANES):
                total[lane] = one / total[lane]
            for to in range(n_states):
                for lane in range(LANES):
                    before[to, lane] = reached[to, lane] * total[lane]
            for lane in range(n):
                shares = alpha[model, step + lane]
                for to in range(n_states):
                    shares[to] = before[to, lane]


@no_type_check
def backward(  # noqa: C901, PLR0913
    model, into, weights, rows, first, lengths, alpha, scale, reach, moves, peak
):
    """Turn alpha of one model into posteriors: see `scaled_recursion.backward_pass`.

    Lanes of sequences that have not begun, seen from the end, emit nothing and so count as nothing.
    """
    n_states, n_rows = weights.shape[2], into.shape[1]
    beta = np.zeros((n_rows, LANES), dtype=alpha.dtype)
    ahead = np.zeros((n_rows, LANES), dtype=alpha.dtype)
    shares = np.zeros((n_rows, LANES), dtype=alpha.dtype)
    emitted = np.zeros((n_states, LANES), dtype=alpha.dtype)
    factor = np.zeros(LANES, dtype=alpha.dtype)
    total = np.zeros(LANES, dtype=alpha.dtype)
    part = np.zeros((n_rows, n_rows), dtype=alpha.dtype)
    zero, one = alpha.dtype.type(0), alpha.dtype.type(1)
    for rank in range(0, len(lengths), LANES):
        n, beta[:], shares[:], emitted[:], factor[:] = 0, 0, 0, 0, 0
        for time in range(lengths[rank] - 1, -1, -1):
            step = first[time] + rank
            while n < min(len(lengths) - rank, LANES) and lengths[rank + n] > time:
                for state in range(n_states):
                    beta[state, n] = 1
                    shares[state, n] = alpha[model, step + n, state]
                n += 1
            for state in range(n_states):
                for lane in range(LANES):
                    shares[state, lane] *= beta[state, lane]
            if time % 16 == 0:
                total[:] = 0
                for state in range(n_states):
                    for lane in range(LANES):
                        total[lane] += shares[state, lane]
                for lane in range(LANES):
                    total[lane] = one / total[lane] if total[lane] != 0 else one
                for state in range(n_states):
                    for lane in range(LANES):
                        shares[state, lane] *= total[lane]
                        beta[state, lane] *= total[lane]
            for lane in range(n):
                state_probs = alpha[model, step + lane]
                for state in range(n_states):
                    state_probs[state] = shares[state, lane]
            if time == 0:
                break
            before = first[time - 1] + rank
            for lane in range(n):
                weight = weights[rows[step + lane] if len(rows) else step + lane, model]
                known = alpha[model, before + lane]
                for state in range(n_states):
                    emitted[state, lane] = weight[state]
                for state in range(n_states):
                    shares[state, lane] = known[state]
                factor[lane] = one / scale[model, step + lane]
            for state in range(n_states):
                for lane in range(LANES):
                    beta[state, lane] *= factor[lane]
            if len(reach):
                for state in range(n_states):
                    reached = reach[min(time, len(reach) - 1), model, state]
                    for lane in range(n):
                        beta[state, lane] *= reached
                        if not beta[state, lane] <= peak[rank + lane]:
                            peak[rank + lane] = beta[state, lane]
            for state in range(n_states):
                for lane in range(LANES):
                    ahead[state, lane] = beta[state, lane] * emitted[state, lane]
            beta[:] = 0
            for to in range(0, n_rows, STATES):
                for state in range(n_states):
                    first_move, second_move = into[model, to, state], into[model, to + 1, state]
                    third_move, fourth_move = into[model, to + 2, state], into[model, to + 3, state]
                    for lane in range(LANES):
                        beta[state, lane] += (
                            first_move * ahead[to, lane]
                            + second_move * ahead[to + 1, lane]
                            + third_move * ahead[to + 2, lane]
                            + fourth_move * ahead[to + 3, lane]
                        )
            # Two states and two that they lead to, so that each number is read for two products.
            for state in range(0, n_rows, 2):
                for to in range(0, n_rows, 2):
                    upper_left, upper_right, lower_left, lower_right = zero, zero, zero, zero
                    for lane in range(LANES):
                        upper, lower = shares[state, lane], shares[state + 1, lane]
                        left, right = ahead[to, lane], ahead[to + 1, lane]
                        upper_left += upper * left
                        upper_right += upper * right
                        lower_left += lower * left
                        lower_right += lower * right
                    part[state, to] += upper_left
                    part[state, to + 1] += upper_right
                    part[state + 1, to] += lower_left
                    part[state + 1, to + 1] += lower_right
            if time % 16 == 1:
                for state in range(n_states):
                    for to in range(n_states):
                        moves[model, state, to] += part[state, to]
                part[:] = 0
