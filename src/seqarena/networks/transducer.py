"""What everything that writes one sequence for another answers."""

from abc import abstractmethod
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.networks.beam_search import beam_search
from seqarena.networks.decoding import DecodingConfig
from seqarena.networks.encoder import Encoder
from seqarena.networks.generation import Stepper, write_greedily
from seqarena.networks.hypotheses import Hypotheses
from seqarena.networks.inputs import Inputs
from seqarena.networks.token_scores import token_log_prob


class Transducer(nn.Module, Stepper[Any]):
    """p(y | x) = prod_i p(y_i | y_1, ..., y_{i-1}, x), the end symbol being the last y."""

    inputs: Inputs
    start_symbol: int
    """What is read before the first symbol."""
    end_symbol: int

    @abstractmethod
    def target_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch"]:
        """Return log p(y | x) of the batch's own targets [nats]; smoothed as `token_log_prob`."""

    @abstractmethod
    def begin(self, batch: Batch) -> Any:
        """Return the memory before the first symbol: the inputs, read."""

    @abstractmethod
    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights while the true target is read: a row is a target step."""

    @abstractmethod
    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_log_prob`, padding included."""

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of every symbol at each target step, given the true ones before [nats].

        One step after the other, as it writes. Minus infinity behind a true symbol that it calls
        impossible: it then expects nothing.
        """
        previous, memory, steps = self._start(batch), self.begin(batch), list[Tensor]()
        is_over = torch.zeros_like(batch.mask[:, 0])
        for true in target_tokens(batch).unbind(dim=1):
            logits, memory = self.advance(previous, memory)
            log_prob = logits.log_softmax(dim=-1).masked_fill(is_over[:, None], -torch.inf)
            steps.append(log_prob)
            is_over = log_prob.gather(1, true[:, None])[:, 0].isneginf()
            previous = true
        return torch.stack(steps, dim=1)

    def most_symbols(self, max_length: int) -> int:
        """Return how many symbols it can write, where at most `max_length` are wanted."""
        return max_length

    def generate(
        self, batch: Batch, max_length: int
    ) -> tuple[Int[Tensor, "batch target_time"], Int[Tensor, "batch"]]:
        """Return the greedy output for each input, and how many symbols it has."""
        limit = self.most_symbols(max_length)
        return write_greedily(self, self.begin(batch), self._start(batch), self.end_symbol, limit)

    def search(self, batch: Batch, max_length: int, decoding: DecodingConfig) -> Hypotheses:
        """Return the best outputs for each input that a beam search finds."""
        limit = self.most_symbols(max_length)
        start = self._start(batch)
        return beam_search(self, self.begin(batch), start, self.end_symbol, limit, decoding)

    def _start(self, batch: Batch) -> Int[Tensor, "batch"]:
        return torch.full_like(batch.lengths, self.start_symbol)


class EncoderDecoder(Transducer):
    """A transducer whose decoder reads what it has written, and knows the encoded input."""

    encoder: Encoder

    @abstractmethod
    def logits_from(
        self, encoded: Float[Tensor, "batch time dim"], batch: Batch
    ) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the input and the true steps before it."""

    @abstractmethod
    def begin_from(self, encoded: Float[Tensor, "batch time dim"], batch: Batch) -> Any:
        """Return the memory before the first symbol, given the input."""

    def encode(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the encoded input."""
        encoded: Tensor = self.encoder(self.inputs(batch), batch.mask)
        return encoded

    def target_logits(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return the logits of each target step, given the true steps before it."""
        return self.logits_from(self.encode(batch), batch)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of every symbol at each target step, all steps at once [nats]."""
        return self.target_logits(batch).log_softmax(dim=-1)

    def begin(self, batch: Batch) -> Any:
        """Return the memory before the first symbol: the inputs, read."""
        return self.begin_from(self.encode(batch), batch)

    def target_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch"]:
        """Return log p(y | x) of the batch's own targets [nats]; smoothed as `token_log_prob`."""
        return self.log_prob_from(self.encode(batch), batch, smoothing)

    def log_prob_from(
        self, encoded: Float[Tensor, "batch time dim"], batch: Batch, smoothing: float = 0.0
    ) -> Float[Tensor, "batch"]:
        """Return `target_log_prob`, given the input."""
        logits, target = self.logits_from(encoded, batch), target_of(batch)
        steps = token_log_prob(logits, target_tokens(batch), smoothing)
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
