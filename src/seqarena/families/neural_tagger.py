"""Networks that tag every step, fitted by gradients."""

from typing import assert_never

from jaxtyping import Float, Int
from torch import Tensor

from seqarena.batch import Batch
from seqarena.families.assembly import tagger
from seqarena.families.encoder_assembly import NeuralConfig
from seqarena.families.fitted_network import Neural
from seqarena.families.guards import tags_of
from seqarena.fitting.protocols import Objective
from seqarena.networks.tagger import SequenceTagger
from seqarena.schema import DataSchema


class NeuralTagger(Neural):
    """log p(tags | x), and the tags that it chooses."""

    network: SequenceTagger

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        self.network = tagger(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p(tags | x) over the batch, and the number of scored steps."""
        self.check(batch)
        log_prob = self.network.log_prob(batch, self._tags(batch), self.smoothing)
        return Objective(-log_prob.sum(), int(batch.scored.sum()))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own tags | x) [nats]."""
        with self.answering(batch):
            return self.network.log_prob(batch, self._tags(batch))

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step; 0 on padding."""
        with self.answering(batch):
            return self.network.tag_probs(batch)

    def tag(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the tags of each sequence as `tag_decoding` says; 0 on padding."""
        with self.answering(batch):
            match self.config.tag_decoding:
                case "posterior":
                    return self.network.tag_probs(batch).argmax(dim=-1)
                case "viterbi":
                    return self.network.best_tags(batch)
                case _:
                    assert_never(self.config.tag_decoding)

    def _tags(self, batch: Batch) -> Int[Tensor, "batch time"]:
        return tags_of(batch, self.network.output.out_features)
