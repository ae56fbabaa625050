"""An encoder that says at each step which symbol it hears, if any: CTC."""

from typing import Any

from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.nn import functional

from seqarena.attention.maps import NativeMap
from seqarena.attention.precision import widened
from seqarena.batch import Batch
from seqarena.networks.ctc import best_path, ctc_log_prob, labels_of
from seqarena.networks.ctc_alignment import alignment_map
from seqarena.networks.ctc_prefixes import Prefixes, PrefixStepper
from seqarena.networks.encoder import Encoder
from seqarena.networks.encoder_maps import encoded_with_maps
from seqarena.networks.inputs import Inputs
from seqarena.networks.transducer import Transducer


class CtcHead(nn.Module):
    """log softmax(W h_t + b) over the symbols, the place of the end being that of the blank."""

    def __init__(self, encoded_dim: int, n_symbols: int, end_symbol: int) -> None:
        super().__init__()
        self.output = nn.Linear(encoded_dim, n_symbols)
        self.blank = end_symbol

    def forward(
        self, encoded: Float[Tensor, "batch time dim"]
    ) -> Float[Tensor, "batch time symbols"]:
        """Return log p(symbol or blank) of each step [nats], in 32 bits at least."""
        logits: Tensor = self.output(encoded)
        return widened(logits).log_softmax(2)

    def log_prob(self, log_probs: Tensor, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | x) of the batch's own targets, the end being sure [nats]."""
        labels, n_labels = labels_of(batch, self.blank)
        return ctc_log_prob(log_probs, batch.lengths, labels, n_labels, self.blank)

    def map(self, log_probs: Tensor, batch: Batch) -> NativeMap:
        """Return the steps of the input that each symbol of the batch's own targets took."""
        labels, n_labels = labels_of(batch, self.blank)
        return alignment_map(log_probs.detach(), batch.mask, labels, n_labels, self.blank)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`."""
        return 2.0 * batch * time * self.output.weight.numel()


class CtcTransducer(Transducer):
    """p(y | x) = sum over alignments of prod_t p(symbol or blank at step t | x).

    Graves et al. (2006). There is no decoder: given the input, steps do not know of each other.
    """

    def __init__(self, inputs: Inputs, encoder: Encoder, head: CtcHead) -> None:
        super().__init__()
        self.inputs, self.encoder, self.head = inputs, encoder, head
        self.start_symbol, self.end_symbol = head.output.out_features, head.blank
        self.prefixes = PrefixStepper(head.blank)

    def target_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch"]:
        """Return log p(y | x) of the batch's own targets [nats]; minus infinity: none can fit.

        Nothing is smoothed: no step has a symbol of its own.
        """
        del smoothing
        return self.head.log_prob(self._log_probs(batch), batch)

    def generate(
        self, batch: Batch, max_length: int
    ) -> tuple[Int[Tensor, "batch target_time"], Int[Tensor, "batch"]]:
        """Return the best path of each input, the end after it, cut to `max_length` symbols."""
        labels, n_labels = best_path(self._log_probs(batch), batch.lengths, self.end_symbol)
        tokens = functional.pad(labels, (0, 1))
        tokens = tokens.scatter(1, n_labels[:, None], self.end_symbol)
        lengths = (n_labels + 1).clamp_max(max_length)
        return tokens[:, : int(lengths.max())], lengths

    def begin(self, batch: Batch) -> Prefixes:
        """Return the empty prefix of each example."""
        return self.prefixes.begin(self._log_probs(batch), batch.mask)

    def advance(
        self, previous: Int[Tensor, "row"], memory: Any
    ) -> tuple[Float[Tensor, "row symbols"], Prefixes]:
        """Return the logits of the next symbol, and the memory after `previous` was read."""
        return self.prefixes.advance(previous, memory)

    def select(self, memory: Any, rows: Int[Tensor, "kept width"]) -> Prefixes:
        """Return the memory of some rows, those of one example side by side."""
        return self.prefixes.select(memory, rows)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the encoder's self-attention, if it has any, then the steps of each symbol."""
        encoded, maps = encoded_with_maps(self.inputs, self.encoder, batch)
        return [*maps, self.head.map(self.head(encoded), batch)]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_log_prob`, padding included.

        Those of the sum over alignments are not among them.
        """
        layers = (self.inputs, self.encoder, self.head)
        return sum(layer.flops(*batch.mask.shape) for layer in layers)

    def _log_probs(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        log_probs: Tensor = self.head(self.encoder(self.inputs(batch), batch.mask))
        return log_probs
