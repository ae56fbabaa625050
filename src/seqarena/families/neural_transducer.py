"""Networks that write one sequence for another, fitted by gradients."""

from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.batch import Batch, Sequences
from seqarena.families.assembly import transducer
from seqarena.families.attention_links import best_links
from seqarena.families.family import Generation, LinkPairs
from seqarena.families.fitted_network import Neural
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.transduction_head import require_alignable
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import FitReport, FitSetting, Objective
from seqarena.networks.decoding import require_room
from seqarena.networks.transducer import Transducer, target_of, target_tokens
from seqarena.schema import DataSchema


class NeuralTransducer(Neural):
    """log p(target | input), and outputs: greedy ones, or those that a beam search finds."""

    network: Transducer

    def __init__(self, config: RecurrentConfig | TransformerConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        require_room(config.decoding, schema.max_target_length)
        self.decoding, self.head = config.decoding, config.transduction_head
        self.network = transducer(config, schema)

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Descend as every network does; with CTC, after a look at whether targets can fit.

        Raises:
            DataError: as `require_alignable`.
        """
        if self.head != "attention":
            require_alignable("train", train)
            require_alignable("valid", valid)
        return super().fit(train, valid, setting)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p(target | input) over the batch, and the number of target steps."""
        self.check(batch)
        total = -self.network.target_log_prob(batch, self.smoothing).sum()
        return Objective(total, int(target_of(batch).mask.sum()))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | input), the end symbol included [nats]."""
        with self.answering(batch):
            return self.network.target_log_prob(batch)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of every symbol at each target step, given the true ones before [nats].

        Their sum over the true symbols is `log_prob`; where CTC and a decoder write together, whose
        scores are no distribution until they are normalised, it is no less.
        """
        with self.answering(batch):
            return self.network.predictive_log_prob(batch)

    def generate(self, batch: Batch, max_length: int) -> Generation:
        """Return an output for each input as `decoding` says, at most `max_length` symbols long."""
        with self.answering(batch):
            if self.decoding.is_greedy:
                return Generation(*self.network.generate(batch, max_length))
            found = self.network.search(batch, max_length, self.decoding)
        n_best = found if self.decoding.n_best > 1 else None
        return Generation(*found.best(), n_best)

    def links(self, batch: Batch) -> list[LinkPairs]:
        """Link each target step to the input step that its prediction looked at most.

        The weights are those of the last attention from decoder to input, averaged over its heads,
        while the true target is read. Every target step but the end symbol gets one link.

        Raises:
            DataError: nothing looks from the decoder into the input.
        """
        return best_links(self.native_maps(batch), self._words(batch))

    def shifted_links(self, batch: Batch) -> list[LinkPairs]:
        """Link each target step to what was looked at when it was read: Chen et al. (2020).

        It is the step after its prediction, whose weights know the word itself.

        Raises:
            DataError: nothing looks from the decoder into the input.
        """
        return best_links(self.native_maps(batch), self._words(batch), shift=1)

    def _words(self, batch: Batch) -> Bool[Tensor, "batch target_time"]:
        return target_of(batch).mask & (target_tokens(batch) != self.schema.target_end)
