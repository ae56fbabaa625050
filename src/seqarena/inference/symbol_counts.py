"""How often each state is expected to have emitted each symbol."""

from typing import no_type_check

import numpy as np
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
    if state_probs.device.type == "cpu":
        given = symbols.numpy(), state_probs.contiguous().numpy()
        return torch.from_numpy(count_symbols(*given, n_symbols))
    counts = state_probs.new_zeros(n_symbols, state_probs.shape[1], dtype=torch.float64)
    counts.index_add_(0, symbols, state_probs.double())
    return counts.T.contiguous()


def count_symbols(
    symbols: Int[np.ndarray, "steps"], state_probs: Float[np.ndarray, "steps n_states"], n: int
) -> Float[np.ndarray, "n_states n"]:
    """Return the same of arrays and n symbols."""
    counts = np.zeros((n, state_probs.shape[1]))
    compiled(_count)(symbols, state_probs, counts)
    return np.ascontiguousarray(counts.T)


@no_type_check
def _count(symbols, state_probs, counts):
    for step in range(len(symbols)):
        count, share = counts[symbols[step]], state_probs[step]
        for state in range(len(share)):
            count[state] += share[state]
