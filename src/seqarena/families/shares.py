"""From counts to log-probabilities, and the prior under which that is the best choice."""

from jaxtyping import Float
from torch import Tensor


def log_shares(
    counts: Float[Tensor, "n_rows n"], log_old: Float[Tensor, "n_rows n"]
) -> Float[Tensor, "n_rows n"]:
    """Return the log of each row over its sum; a row without counts keeps its old shares."""
    total = counts.sum(dim=1, keepdim=True)
    return (counts / total.where(total > 0, 1.0)).log().where(total > 0, log_old)


def dirichlet_log_prior(log_probs: Tensor, pseudo_count: float) -> float:
    """Return `pseudo_count` times the sum of the log-probabilities [nats]."""
    return pseudo_count * float(log_probs.sum()) if pseudo_count > 0 else 0.0
