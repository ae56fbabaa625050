"""The tag that each word bears most often: what every tagger must beat."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError
from seqarena.families.guards import require_fitted, symbols_of, tags_of
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.schema import DataSchema, TaskKind


class MostFrequentTagConfig(BaseModel):
    """Each word by itself, by counting; words that training never showed bear the likeliest tag."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["most_frequent_tag"]
    """Names this family."""
    pseudo_count: float = Field(default=0.1, gt=0, le=1)
    """Counts added to the tags of each word, shared out as all training tags are. It decides how
    sure a choice is, and never which one, unless two tags are equally frequent."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind != "tagging":
            return f"the most frequent tag of a word is a tag of steps; {task_kind} has none"
        if input_kind == "frames":
            return "it counts the tags of words, and this task's input is frames"
        return None


@dataclass(frozen=True)
class TagStatistics:
    """How often each symbol bears each tag; they add."""

    log_likelihood: Float[Tensor, ""]
    counts: Float[Tensor, "n_symbols n_tags"]

    def __add__(self, other: "TagStatistics") -> "TagStatistics":
        return TagStatistics(self.log_likelihood + other.log_likelihood, self.counts + other.counts)

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.log_likelihood, self.counts]

    def with_tensors(self, tensors: list[Tensor]) -> "TagStatistics":
        """Return a record of the same kind that holds `tensors`."""
        return TagStatistics(*tensors)


class MostFrequentTag(nn.Module):
    """p(tags | x) = product of p(tag_t | x_t)."""

    log_tag_probs: Tensor
    fitted: Tensor
    n_passes: int | None = 1

    def __init__(self, config: MostFrequentTagConfig, n_symbols: int, n_tags: int) -> None:
        super().__init__()
        self.config = config
        uniform = torch.full((n_symbols, n_tags), 1.0 / n_tags, dtype=torch.float64)
        self.register_buffer("log_tag_probs", uniform.log())
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        self.fitted.fill_(False)
        return fit_in_large_batches(self, train, valid, setting)

    def expect(self, batch: Batch) -> TagStatistics:
        """Count the tags of each symbol; the log-likelihood is log p(tags | x).

        Raises:
            DataError: the batch has no tags, or a symbol or tag is outside its alphabet.
        """
        n_symbols, n_tags = self.log_tag_probs.shape
        symbols, tags = symbols_of(batch, n_symbols), tags_of(batch, n_tags)
        pairs = (symbols * n_tags + tags)[batch.scored]
        counts = torch.bincount(pairs, minlength=n_symbols * n_tags)
        return TagStatistics(
            self._log_prob(symbols, tags, batch).sum(), counts.view(n_symbols, n_tags).double()
        )

    def no_statistics(self) -> TagStatistics:
        """Return the statistics of no sequence."""
        nothing = torch.zeros_like(self.log_tag_probs)
        return TagStatistics(nothing.sum(), nothing)

    def maximise(self, statistics: TagStatistics) -> None:
        """Set p(tag | symbol): counts, and pseudo-counts in the shares of all tags together."""
        counts, extra = statistics.counts, self.config.pseudo_count
        shares = counts.sum(dim=0) / counts.sum()
        probs = (counts + extra * shares) / (counts.sum(dim=1, keepdim=True) + extra)
        self.log_tag_probs.copy_(probs.log())
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: counting is not watched for its objective."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """Return one addition for each step."""
        return float(batch.mask.sum())

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own tags | x) [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, self.config.kind)
        n_symbols, n_tags = self.log_tag_probs.shape
        return self._log_prob(symbols_of(batch, n_symbols), tags_of(batch, n_tags), batch)

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x_t) of each step; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        require_fitted(self.fitted, self.config.kind)
        symbols = symbols_of(batch, len(self.log_tag_probs))
        return self.log_tag_probs[symbols].exp().where(batch.mask[..., None], 0.0)

    def tag(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the most frequent tag of each word; 0 on padding.

        Among equally frequent ones, that which is the more frequent in all of training.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        return self.tag_probs(batch).argmax(dim=2)

    def n_free_parameters(self) -> int:
        """Return symbols · (tags - 1)."""
        n_symbols, n_tags = self.log_tag_probs.shape
        return n_symbols * (n_tags - 1)

    def _log_prob(self, symbols: Tensor, tags: Tensor, batch: Batch) -> Float[Tensor, "batch"]:
        return self.log_tag_probs[symbols, tags].where(batch.scored, 0.0).sum(dim=1)


def build_most_frequent_tag(config: MostFrequentTagConfig, schema: DataSchema) -> MostFrequentTag:
    """Return an unfitted tagger.

    Raises:
        ConfigError: it cannot do the schema's task, or the schema lacks a size.
    """
    reason = config.cannot(schema.task_kind, schema.input_kind)
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    if schema.n_symbols is None or schema.n_tags is None:
        raise ConfigError([f"{config.kind}: the schema must say n_symbols and n_tags."])
    return MostFrequentTag(config, schema.n_symbols, schema.n_tags)
