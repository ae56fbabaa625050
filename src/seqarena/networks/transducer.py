"""What every encoder-decoder answers."""

from abc import ABC, abstractmethod

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.inputs import Inputs
from seqarena.networks.language_model import token_log_prob


class Transducer(nn.Module, ABC):
    """p(y | x) = prod_i p(y_i | y_1, ..., y_{i-1}, x), the end symbol being the last y."""

    inputs: Inputs

    @abstractmethod
    def target_logits(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the true steps before it."""

    @abstractmethod
    def generate(
        self, batch: Batch, max_length: int
    ) -> tuple[Int[Tensor, "batch target_time"], Int[Tensor, "batch"]]:
        """Return the greedy output for each input, and how many symbols it has."""

    @abstractmethod
    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights while the true target is read: a row is a target step."""

    @abstractmethod
    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_logits`, padding included."""

    def target_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch"]:
        """Return log p(y | x) of the batch's own targets [nats]; smoothed as `token_log_prob`."""
        target = target_of(batch)
        steps = token_log_prob(self.target_logits(batch), target_tokens(batch), smoothing)
        return steps.where(target.mask, 0.0).sum(dim=1)


def target_of(batch: Batch) -> Batch:
    """Return the target of a batch.

    Raises:
        DataError: it has none.
    """
    if batch.target is None:
        raise DataError("the batch has no target; a transducer is judged against one.")
    return batch.target


def target_tokens(batch: Batch) -> Int[Tensor, "batch target_time"]:
    """Return the target's symbols.

    Raises:
        DataError: the batch has no target, or one of frames.
    """
    tokens = target_of(batch).tokens
    if tokens is None:
        raise DataError("the target holds frames; a transducer writes tokens.")
    return tokens


def read_before(
    tokens: Int[Tensor, "batch target_time"], start_symbol: int
) -> Int[Tensor, "batch target_time"]:
    """Return what the decoder has just read at each step: the start symbol, then y_1, y_2, ..."""
    return functional.pad(tokens[:, :-1], (1, 0), value=start_symbol)
