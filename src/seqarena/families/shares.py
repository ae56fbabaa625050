"""From counts to log-probabilities, and the prior under which that is the best choice."""

import math

from jaxtyping import Float
from torch import Tensor

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


def dirichlet_log_prior(log_probs: Tensor, pseudo_count: float) -> float:
    """Return `pseudo_count` times the sum of the log-probabilities [nats]."""
    return pseudo_count * float(log_probs.sum()) if pseudo_count > 0 else 0.0


def finite_logs(logs: Tensor) -> Tensor:
    """Return the logs with a huge finite number for minus infinity, so that 0 times it is 0."""
    return logs.clamp(min=_AS_GOOD_AS_IMPOSSIBLE)


def infinite_again(log_probs: Tensor) -> Tensor:
    """Return minus infinity where a sum holds at least one of the huge numbers of `finite_logs`."""
    return log_probs.masked_fill(log_probs < 0.5 * _AS_GOOD_AS_IMPOSSIBLE, -math.inf)
