"""The neural families: densities, classifiers and transducers that are fitted by gradients."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import assert_never

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError, DataError
from seqarena.families.assembly import NeuralConfig, classifier, language_model, transducer
from seqarena.families.attention_links import best_links
from seqarena.families.attention_pooling import AttentionConfig
from seqarena.families.family import Generation, LinkPairs
from seqarena.families.guards import frames_of, require_fitted, symbols_of
from seqarena.families.recurrent import RecurrentConfig
from seqarena.families.token_sampling import DEFAULT_SAMPLING, TokenSample, draw_tokens
from seqarena.families.transformer import TransformerConfig
from seqarena.fitting.protocols import FitReport, FitSetting, Objective
from seqarena.networks.classifier import SequenceClassifier
from seqarena.networks.decoding import require_room
from seqarena.networks.inputs import FrameInput
from seqarena.networks.language_model import LanguageModel
from seqarena.networks.sampling import Sampling
from seqarena.networks.transducer import Transducer, target_of, target_tokens
from seqarena.schema import DataSchema

__all__ = [
    "AttentionConfig",
    "NeuralClassifier",
    "NeuralDensity",
    "NeuralTransducer",
    "RecurrentConfig",
    "TransformerConfig",
    "build_neural",
]


class Neural(nn.Module, ABC):
    """What the three share: a network, its settings, and whether it has been fitted."""

    network: LanguageModel | SequenceClassifier | Transducer
    fitted: Tensor

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__()
        self.config = config
        self.schema = schema
        self.register_buffer("fitted", torch.tensor(False))

    @abstractmethod
    def objective(self, batch: Batch) -> Objective:
        """Return the negative log-likelihood of a batch as a sum, and what it counts."""

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Standardise frames by `train`, descend, keep the parameters that `valid` likes best."""
        # Lightning takes seconds to import, and only a fit needs it.
        from seqarena.fitting.gradient import fit_by_gradient

        inputs = self.network.inputs
        if isinstance(inputs, FrameInput) and train.features is not None:
            inputs.standardise_by(torch.from_numpy(train.features))
        report = fit_by_gradient(self, self.config.optimiser, train, valid, setting)
        self.fitted.fill_(True)
        self.eval()
        return report

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of one forward pass, padding included."""
        return self.network.forward_flops(batch)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        """Return the weights of every mechanism inside; none for a network without attention."""
        with self._answering(batch), torch.autocast(self.fitted.device.type, enabled=False):
            return self.network.native_maps(batch)

    def n_free_parameters(self) -> int:
        """Return how many numbers are learned."""
        return sum(each.numel() for each in self.parameters() if each.requires_grad)

    def _check(self, batch: Batch) -> None:
        """Raise unless the batch holds what the schema says: finite frames, symbols in range."""
        if self.schema.n_symbols is not None:
            symbols_of(batch, self.schema.n_symbols)
        elif self.schema.dim is not None:
            frames_of(batch, self.schema.dim)

    @contextmanager
    def _answering(self, batch: Batch | None = None) -> Iterator[None]:
        """Answer as a fitted model does: no dropout, no gradients."""
        require_fitted(self.fitted, self.config.kind)
        if batch is not None:
            self._check(batch)
        was_training = self.training
        self.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self.train(was_training)


class NeuralDensity(Neural):
    """log p(x) of token sequences, step by step."""

    network: LanguageModel

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        self.network = language_model(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p over the scored steps, and their number."""
        self._check(batch)
        steps = self.network.step_log_prob(batch)
        return Objective(-steps.where(batch.scored, 0.0).sum(), int(batch.scored.sum()))

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding."""
        with self._answering(batch):
            return self.network.step_log_prob(batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        return self.step_log_prob(batch).where(batch.scored, 0.0).sum(dim=1)

    def sample(
        self,
        lengths: Sequence[int],
        generator: torch.Generator,
        sampling: Sampling = DEFAULT_SAMPLING,
    ) -> TokenSample:
        """Draw one sequence of each length; the same generator state gives the same ones.

        Raises:
            DataError: no length, one below 1, or one beyond the positions that were learned.
            NotFittedError: nothing was learned yet.
        """
        with self._answering():
            return draw_tokens(self.network, lengths, generator, sampling)


class NeuralClassifier(Neural):
    """log p(label | x)."""

    network: SequenceClassifier

    def __init__(self, config: NeuralConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        self.network = classifier(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p(label | x) over the batch, and its size."""
        self._check(batch)
        own = _of_label(self.network.class_log_prob(batch), batch)
        return Objective(-own.sum(), len(batch))

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x), normalised over the labels [nats]."""
        with self._answering(batch):
            return self.network.class_log_prob(batch)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | x) [nats]."""
        return _of_label(self.class_log_prob(batch), batch)


class NeuralTransducer(Neural):
    """log p(target | input), and outputs: greedy ones, or those that a beam search finds."""

    network: Transducer

    def __init__(self, config: RecurrentConfig | TransformerConfig, schema: DataSchema) -> None:
        super().__init__(config, schema)
        require_room(config.decoding, schema.max_target_length)
        self.decoding = config.decoding
        self.network = transducer(config, schema)

    def objective(self, batch: Batch) -> Objective:
        """Return -log p(target | input) over the batch, and the number of target steps."""
        self._check(batch)
        total = -self.network.target_log_prob(batch).sum()
        return Objective(total, int(target_of(batch).mask.sum()))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | input), the end symbol included [nats]."""
        with self._answering(batch):
            return self.network.target_log_prob(batch)

    def generate(self, batch: Batch, max_length: int) -> Generation:
        """Return an output for each input as `decoding` says, at most `max_length` symbols long."""
        with self._answering(batch):
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


def build_neural(
    config: NeuralConfig, schema: DataSchema, generator: torch.Generator
) -> NeuralDensity | NeuralClassifier | NeuralTransducer:
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
) -> NeuralDensity | NeuralClassifier | NeuralTransducer:
    match schema.task_kind:
        case "density":
            return NeuralDensity(config, schema)
        case "classification":
            return NeuralClassifier(config, schema)
        case "transduction" | "alignment":
            if isinstance(config, AttentionConfig):
                reason = config.cannot(schema.task_kind, "tokens")
                raise ConfigError([f"{config.kind}: {reason}."])
            return NeuralTransducer(config, schema)
        case _:
            assert_never(schema.task_kind)


def _of_label(log_probs: Float[Tensor, "batch classes"], batch: Batch) -> Float[Tensor, "batch"]:
    if batch.labels is None:
        raise DataError("the batch has no labels; a classifier is judged against them.")
    return log_probs.gather(1, batch.labels[:, None])[:, 0]
