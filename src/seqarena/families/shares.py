"""From counts to log-probabilities, and the prior under which that is the best choice."""

import math
from typing import no_type_check

import numpy as np
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.inference.compiled_loops import compiled

# Up to so many counts a loop is done before torch has started its operations (measured).
_FEW = 4096
_EVERYWHERE = np.zeros((0, 0), dtype=np.bool_)
# Far below any sum of logarithms that a frame could have, and yet finite.
_AS_GOOD_AS_IMPOSSIBLE = -1e300


def log_shares(
    counts: Float[Tensor, "n_rows n"], log_old: Float[Tensor, "n_rows n"]
) -> Float[Tensor, "n_rows n"]:
    """Return the log of each row over its sum; a row without counts keeps its old shares."""
    total = counts.sum(dim=1, keepdim=True)
    log_new = (counts / total).log_()
    # Looking at the least is faster than choosing row by row.
    return log_new if float(total.min()) > 0 else log_new.where(total > 0, log_old)


def set_log_shares(
    log_probs: Float[Tensor, "n_rows n"],
    counts: Float[Tensor, "n_rows n"],
    pseudo_count: float,
    allowed: Bool[Tensor, "n_rows n"] | None = None,
) -> None:
    """Set each row, in place, to the log-shares of its counts plus pseudo-counts.

    A row without either stays as it is.

    Args:
        log_probs: what is set, in 64 bits.
        counts: 0 where something is not allowed.
        pseudo_count: added to each count that is allowed.
        allowed: where a probability may be above 0; None: everywhere.
    """
    if log_probs.device.type == "cpu" and log_probs.numel() <= _FEW:
        given = _EVERYWHERE if allowed is None else allowed.numpy()
        compiled(_set_log_shares)(
            log_probs.numpy(), counts.contiguous().numpy(), pseudo_count, given
        )
        return
    if pseudo_count:
        counts = counts + pseudo_count
        counts = counts if allowed is None else counts.mul_(allowed)
    log_probs.copy_(log_shares(counts, log_probs))


@no_type_check
def _set_log_shares(log_probs, counts, pseudo_count, allowed):
    for row in range(len(counts)):
        total = 0.0
        for at in range(counts.shape[1]):
            total += counts[row, at]
            if len(allowed) == 0 or allowed[row, at]:
                total += pseudo_count
        if not total > 0:
            continue
        for at in range(counts.shape[1]):
            count = counts[row, at]
            if len(allowed) == 0 or allowed[row, at]:
                count += pseudo_count
            log_probs[row, at] = np.log(count / total)


def dirichlet_log_prior(log_probs: Tensor, pseudo_count: float) -> float:
    """Return `pseudo_count` times the sum of the log-probabilities [nats]."""
    return pseudo_count * float(log_probs.sum()) if pseudo_count > 0 else 0.0


def finite_logs(logs: Tensor) -> Tensor:
    """Return the logs with a huge finite number for minus infinity, so that 0 times it is 0."""
    return logs.clamp(min=_AS_GOOD_AS_IMPOSSIBLE)


def infinite_again(log_probs: Tensor) -> Tensor:
    """Return minus infinity where a sum holds at least one of the huge numbers of `finite_logs`."""
    return log_probs.masked_fill(log_probs < 0.5 * _AS_GOOD_AS_IMPOSSIBLE, -math.inf)
