"""What the logits of a network say of the tokens of a batch."""

from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.errors import DataError

_NOT_SCORED = -1


def token_log_prob(
    logits: Float[Tensor, "batch time symbols"], tokens: Tensor, smoothing: float = 0.0
) -> Float[Tensor, "batch time"]:
    """Return the log-probability of each token under the softmax of its logits [nats].

    With smoothing: (1 - smoothing) of that, and smoothing times the mean over all symbols of their
    log-probabilities, which is what training with smoothed labels maximises.
    """
    # Flat, because a softmax over any dimension but the last takes twice as long.
    flat = functional.cross_entropy(
        logits.flatten(0, 1), tokens.flatten(), reduction="none", label_smoothing=smoothing
    )
    return -flat.view_as(tokens)


def summed_log_prob(
    logits: Float[Tensor, "batch time symbols"],
    tokens: Int[Tensor, "batch time"],
    scored: Bool[Tensor, "batch time"],
    smoothing: float = 0.0,
) -> Float[Tensor, ""]:
    """Return the sum of `token_log_prob` over the scored steps [nats], added up in one kernel."""
    nats: Tensor = functional.cross_entropy(
        logits.flatten(0, 1),
        tokens.masked_fill(~scored, _NOT_SCORED).flatten(),
        ignore_index=_NOT_SCORED,
        reduction="sum",
        label_smoothing=smoothing,
    )
    return -nats


def tokens_of(batch: Batch) -> Int[Tensor, "batch time"]:
    """Return the symbols of a batch.

    Raises:
        DataError: it holds frames.
    """
    if batch.tokens is None:
        raise DataError("the model reads tokens, but the batch holds frames.")
    return batch.tokens
