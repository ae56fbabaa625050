"""Weights made some rows at a time, so that nothing else of their size is ever held."""

from collections.abc import Callable

import torch
from torch import Tensor

from seqarena.attention.attend import Weights

LEAST_AT_ONCE, MOST_AT_ONCE = 2**16, 2**18
"""Weights that are made at once where no gradient is kept: 1 MB in float32, about a cache; but no
more than a quarter of them all, so that what is held beside them stays small."""


def made_by_rows(make: Callable[[range], Tensor], shape: torch.Size, like: Tensor) -> Weights:
    """Return the weights that `make` makes of ranges of queries, put together.

    With gradients on it is asked once for all of them: autograd keeps them anyway.

    Args:
        make: the rows of some queries, (batch, head, rows, keys); keys that it leaves out, at the
            end, have weight 0.
        shape: that of the whole, (batch, head, query_time, key_time).
        like: a tensor of the same type, on the same device.
    """
    batch, head, n_rows, n_keys = shape
    per_row = max(1, batch * head * n_keys)
    step = max(1, min(MOST_AT_ONCE, max(LEAST_AT_ONCE, n_rows * per_row // 4)) // per_row)
    if torch.is_grad_enabled() or step >= n_rows:
        return make(range(n_rows))
    weights = like.new_zeros(shape)
    for start in range(0, n_rows, step):
        rows = range(start, min(start + step, n_rows))
        made = make(rows)
        weights[:, :, rows.start : rows.stop, : made.shape[-1]] = made
    return weights
