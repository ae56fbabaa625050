"""CTC and a decoder on one encoder."""

from typing import Any, NamedTuple

from jaxtyping import Float, Int
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch
from seqarena.networks.ctc_prefixes import Prefixes, PrefixStepper
from seqarena.networks.ctc_transducer import CtcHead
from seqarena.networks.inputs import Inputs
from seqarena.networks.transducer import EncoderDecoder, Transducer


class Memory(NamedTuple):
    """What the decoder remembers, and what the prefixes are."""

    decoder: Any
    prefixes: Prefixes


class JointTransducer(Transducer):
    """w log p_ctc(y | x) + (1 - w) log p_decoder(y | x), to be learned and to be searched.

    Watanabe et al. (2017), eqs. 9 and 13-15: one pass, in which CTC's probability of a prefix
    stands beside the decoder's at each symbol. A geometric mean of two distributions, whose sum
    over all outputs is at most 1: what it calls a log-probability is never too high.
    """

    def __init__(self, decoder: EncoderDecoder, head: CtcHead, ctc_weight: float) -> None:
        super().__init__()
        self.decoder, self.head, self.ctc_weight = decoder, head, ctc_weight
        self.start_symbol, self.end_symbol = decoder.start_symbol, decoder.end_symbol
        self.prefixes = PrefixStepper(head.blank)

    @property
    def inputs(self) -> Inputs:  # type: ignore[override]
        """The decoder's first layer; stored once, as its."""
        return self.decoder.inputs

    def target_log_prob(self, batch: Batch, smoothing: float = 0.0) -> Float[Tensor, "batch"]:
        """Return the weighted sum of both log-probabilities; the decoder's alone is smoothed."""
        encoded = self.decoder.encode(batch)
        by_decoder = self.decoder.log_prob_from(encoded, batch, smoothing)
        return self._both(self.head.log_prob(self.head(encoded), batch), by_decoder)

    def most_symbols(self, max_length: int) -> int:
        """Return how many symbols the decoder can write, where at most `max_length` are wanted."""
        return self.decoder.most_symbols(max_length)

    def begin(self, batch: Batch) -> Memory:
        """Return the decoder's memory and the empty prefixes, before the first symbol."""
        encoded = self.decoder.encode(batch)
        prefixes = self.prefixes.begin(self.head(encoded), batch.mask)
        return Memory(self.decoder.begin_from(encoded, batch), prefixes)

    def advance(
        self, previous: Int[Tensor, "row"], memory: Any
    ) -> tuple[Float[Tensor, "row symbols"], Memory]:
        """Return the score that each symbol would add, and the memory after `previous`."""
        by_decoder, remembered = self.decoder.advance(previous, memory.decoder)
        by_ctc, prefixes = self.prefixes.advance(previous, memory.prefixes)
        scores = self._both(by_ctc.log_softmax(dim=-1), by_decoder.log_softmax(dim=-1))
        return scores, Memory(remembered, prefixes)

    def log_prob_of(self, logits: Float[Tensor, "row symbols"]) -> Float[Tensor, "row symbols"]:
        """Return the scores as they are: not normalised again, they add up to the output's."""
        return logits

    def select(self, memory: Any, rows: Int[Tensor, "kept width"]) -> Memory:
        """Return the memory of some rows, those of one example side by side."""
        return Memory(
            self.decoder.select(memory.decoder, rows), self.prefixes.select(memory.prefixes, rows)
        )

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the steps that each symbol took under CTC, then the maps of the decoder."""
        own = self.head.map(self.head(self.decoder.encode(batch)), batch)
        return [own, *self.decoder.native_maps(batch)]

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `target_log_prob`, padding included."""
        return self.decoder.forward_flops(batch) + self.head.flops(*batch.mask.shape)

    def _both(self, by_ctc: Tensor, by_decoder: Tensor) -> Tensor:
        # Nothing times minus infinity would be no number.
        if self.ctc_weight == 0.0:
            return by_decoder
        if self.ctc_weight == 1.0:
            return by_ctc
        return self.ctc_weight * by_ctc + (1.0 - self.ctc_weight) * by_decoder
