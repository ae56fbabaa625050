"""Keys in whole lanes: on a CPU, torch's fused kernel is slow over those that fill no lane."""

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional

LANES = 16
"""Numbers of 32 bits that a processor of 512 bits takes at once; the rest goes one by one."""
LEAST_REST = 12
"""Keys over whole lanes from which filling the last costs less than it saves, and queries from
which it does (`benchmarks/attention.py`)."""


def in_whole_lanes(
    query: Float[Tensor, "batch head query_time head_dim"],
    key: Float[Tensor, "batch key_head key_time head_dim"],
    value: Float[Tensor, "batch key_head key_time value_dim"],
    attend_mask: Tensor | None,
    is_causal: bool,
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return keys, values and mask, followed by keys that no query may attend if that is faster.

    A causal query sees none that comes after it, so that these need no mask.
    """
    n_queries, n_keys = query.shape[2], key.shape[2]
    is_hidden = attend_mask is not None or (is_causal and n_queries <= n_keys)
    is_faster = n_keys % LANES >= LEAST_REST and n_queries >= LEAST_REST
    if not (is_hidden and is_faster and key.device.type == "cpu" and key.dtype == torch.float32):
        return key, value, attend_mask
    n_more = -n_keys % LANES
    if attend_mask is not None:
        hidden = False if attend_mask.dtype == torch.bool else -torch.inf
        attend_mask = functional.pad(attend_mask, (0, n_more), value=hidden)
    rows = (0, 0, 0, n_more)
    return functional.pad(key, rows), functional.pad(value, rows), attend_mask
