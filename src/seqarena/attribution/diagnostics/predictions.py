"""What a network says at every output, with the way back to its weights where there is one."""

from typing import NamedTuple

from jaxtyping import Bool, Float, Int
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import DataError
from seqarena.families.fitted_network import Neural
from seqarena.families.predictive import gold_of, output_mask
from seqarena.logspace import NATS_PER_BIT
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.joint_transducer import JointTransducer
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.tagger import SequenceTagger
from seqarena.networks.transducer import Transducer


class Predictions(NamedTuple):
    """Of a batch: at each output the log-probability of every choice, and the gold choice."""

    log_prob: Float[Tensor, "batch output choice"]
    """[nats]"""
    gold: Int[Tensor, "batch output"]
    mask: Bool[Tensor, "batch output"]
    """True on real outputs, up to the first gold one that the network calls impossible (CTC does,
    where no alignment spells what was written so far): given that one it expects nothing."""

    def gold_log_prob(self) -> Float[Tensor, "batch output"]:
        """Return log p of the gold choices [nats]; 0 on padding."""
        own = self.log_prob.gather(2, self.gold[..., None])[..., 0]
        return own.where(self.mask, 0.0)

    def gold_bits(self) -> Float[Tensor, "batch"]:
        """Return the mean of -log2 p of the gold choices of each example [bits]."""
        n_outputs = self.mask.sum(dim=1).clamp_min(1)
        return -self.gold_log_prob().sum(dim=1) / n_outputs / NATS_PER_BIT

    def change_to(self, other: "Predictions") -> Float[Tensor, "batch"]:
        """Return the total variation distance, mean over each example's outputs: 0 to 1."""
        distance = (self.log_prob.exp() - other.log_prob.exp()).abs().sum(dim=2) / 2
        n_outputs = self.mask.sum(dim=1).clamp_min(1)
        return distance.where(self.mask, 0.0).sum(dim=1) / n_outputs


def can_predict(model: object) -> bool:
    """Whether `predictions_of` knows how to ask a model."""
    known = LanguageModel | SequenceClassifier | SequenceTagger | Transducer
    return isinstance(model, Neural) and isinstance(model.network, known)


def predictions_of(model: object, batch: Batch) -> Predictions:
    """Ask a network what it expects at every output, given the gold outputs before it.

    Gradients are kept where they are on: a field's through its marginals, CTC's through the
    probabilities of prefixes. CTC beside a decoder is asked for the decoder's. In evaluation mode.

    Raises:
        DataError: the model is none that `can_predict`, or the batch lacks the gold outputs.
    """
    network = model.network if isinstance(model, Neural) else model
    if isinstance(network, JointTransducer):
        network = network.decoder
    match network:
        case LanguageModel():
            log_prob = network.logits(batch).log_softmax(dim=-1)
        case SequenceClassifier():
            log_prob = network.class_log_prob(batch)[:, None]
        case SequenceTagger():
            log_prob = network.tag_log_probs(batch)
        case Transducer():
            log_prob = network.predictive_log_prob(batch)
        case _:
            raise DataError(
                f"{type(model).__name__} cannot be asked for its predictions; "
                "networks for density, classification, tagging and transduction can."
            )
    gold = gold_of(model, batch)
    is_possible = ~log_prob.gather(2, gold[..., None])[..., 0].isneginf()
    return Predictions(log_prob, gold, output_mask(model, batch) & is_possible)
