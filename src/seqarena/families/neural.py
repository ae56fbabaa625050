"""The neural families: densities, classifiers and transducers that are fitted by gradients."""

from collections.abc import Sequence
from typing import assert_never

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.errors import ConfigError, DataError
from seqarena.families.assembly import (
    classifier,
    language_model,
)
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.encoder_assembly import NeuralConfig
from seqarena.families.fitted_network import Neural
from seqarena.families.network_sampling import DEFAULT_SAMPLING, NetworkSample, draw_tokens
from seqarena.families.neural_frames import NeuralFrameDensity
from seqarena.families.neural_tagger import NeuralTagger
from seqarena.families.neural_transducer import NeuralTransducer
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.sliding_window import (
    predictive_log_prob_by_windows,
    sliding_of,
    step_log_prob_by_windows,
)
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import Objective
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.language_model import Carried, LanguageModel
from seqarena.networks.sampling import Sampling
from seqarena.networks.token_scores import tokens_of
from seqarena.schema import DataSchema, fitted_as

__all__ = [
    "AttentionConfig",
    "NeuralClassifier",
    "NeuralDensity",
    "NeuralFrameDensity",
    "NeuralTagger",
    "NeuralTransducer",
    "RecurrentConfig",
    "TransformerConfig",
    "build_neural",
]


class NeuralDensity(Neural):
    """log p(x) of token sequences, step by step."""

    network: LanguageModel

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        self.network = language_model(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p over the scored steps, and their number."""
        self.check(batch)
        log_prob = self.network.scored_log_prob(batch, self.smoothing)
        return Objective(-log_prob, int(batch.scored.sum()))

    def objective_from(
        self, batch: Batch, carried: Carried | None, continues: Bool[Tensor, "batch"]
    ) -> tuple[Objective, Carried]:
        """Return -log p over the scored steps given what was read before, and what is known now."""
        self.check(batch)
        before = self.network.go_on(carried, continues)
        steps, after = self.network.read_on(tokens_of(batch), batch.mask, before, self.smoothing)
        total = -steps.where(batch.scored, 0.0).sum()
        return Objective(total, int(batch.scored.sum())), after.detached()

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding.

        Of a stream, a network without a state to carry sees the end of x_1, ..., x_{t-1} alone:
        `sliding_window`.
        """
        with self.answering(batch):
            sliding = sliding_of(self.network, self.schema)
            if sliding is not None:
                return step_log_prob_by_windows(self.network, batch, sliding)
            return self.network.step_log_prob(batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def next_log_prob(self, batch: Batch) -> Float[Tensor, "batch symbols"]:
        """Return log p(x_{T+1} | x_1, ..., x_T) of every symbol [nats]; each sequence read whole.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        with self.answering(batch):
            return self.network.next_log_prob(batch)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch time symbols"]:
        """Return log p(symbol | what `step_log_prob` sees) of every symbol at every step [nats].

        Raises:
            NotFittedError: nothing was learned yet.
        """
        with self.answering(batch):
            sliding = sliding_of(self.network, self.schema)
            if sliding is not None:
                return predictive_log_prob_by_windows(self.network, batch, sliding)
            return self.network.logits(batch).log_softmax(dim=-1)

    def sample(
        self,
        lengths: Sequence[int],
        generator: torch.Generator,
        sampling: Sampling = DEFAULT_SAMPLING,
    ) -> NetworkSample:
        """Draw one sequence of each length; the same generator state gives the same ones.

        Raises:
            DataError: no length, one below 1, or one beyond the positions that were learned.
            NotFittedError: nothing was learned yet.
        """
        with self.answering():
            return draw_tokens(self.network, lengths, generator, sampling)


class NeuralClassifier(Neural):
    """log p(label | x)."""

    network: SequenceClassifier

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        self.network = classifier(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p(label | x) over the batch, and its size."""
        self.check(batch)
        log_probs = self.network.class_log_prob(batch)
        own = torch.lerp(_of_label(log_probs, batch), log_probs.mean(dim=1), self.smoothing)
        return Objective(-own.sum(), len(batch))

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x), normalised over the labels [nats]."""
        with self.answering(batch):
            return self.network.class_log_prob(batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | x) [nats]."""
        return _of_label(self.class_log_prob(batch), batch)


def build_neural(
    config: NeuralConfig, schema: DataSchema, generator: torch.Generator
) -> NeuralDensity | NeuralFrameDensity | NeuralClassifier | NeuralTagger | NeuralTransducer:
    """Return an unfitted family whose starting parameters are a function of `generator` alone.

    Raises:
        ConfigError: the family cannot do such a task.
    """
    reason = config.cannot(schema.task_kind, "tokens" if schema.n_symbols else "frames")
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    seed = int(torch.randint(2**62, (), generator=generator))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return _build(config, schema)


def _build(
    config: NeuralConfig, schema: DataSchema
) -> NeuralDensity | NeuralFrameDensity | NeuralClassifier | NeuralTagger | NeuralTransducer:
    kind = fitted_as(schema.task_kind)
    match kind:
        case "density":
            of_tokens = schema.input_kind == "tokens"
            return (NeuralDensity if of_tokens else NeuralFrameDensity)(config, schema)
        case "classification":
            return NeuralClassifier(config, schema)
        case "tagging":
            return NeuralTagger(config, schema)
        case "transduction" | "alignment":
            if isinstance(config, AttentionConfig):
                reason = config.cannot(schema.task_kind, "tokens")
                raise ConfigError([f"{config.kind}: {reason}."])
            return NeuralTransducer(config, schema)
        case _:
            assert_never(kind)


def _of_label(log_probs: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, "batch"]:
    if batch.labels is None:
        raise DataError("the batch has no labels; a classifier is judged against them.")
    return log_probs.gather(1, batch.labels[:, None])[:, 0]
