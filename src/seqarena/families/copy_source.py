"""The input as it stands, or its beginning: what every translation and summary must beat."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Bool, Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError
from seqarena.families.family import Generation
from seqarena.families.first_sentence import FirstSentence
from seqarena.families.guards import require_fitted, symbols_of
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.networks.transducer import target_of, target_tokens
from seqarena.schema import DataSchema, TaskKind


class CopySourceConfig(BaseModel):
    """Writes the input; counting decides how sure it is of that."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["copy_source"]
    """Names this family."""
    first_sentence: bool = False
    """Whether it stops behind the first sentence of the input, where the data say what ends one."""
    max_symbols: int | None = Field(default=None, ge=1)
    """Symbols after which it stops at the latest; None: it writes all."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind != "transduction":
            return f"it writes its input, and {task_kind} asks for nothing to be written"
        if input_kind == "frames":
            return "it writes its input, and frames are no symbols"
        return None


@dataclass(frozen=True)
class CopyStatistics:
    """How many target symbols are the copied ones; they add."""

    log_likelihood: Float[Tensor, ""]
    counts: Float[Tensor, "2"]
    """Target symbols that stand in the copy at their place, and others."""

    def __add__(self, other: "CopyStatistics") -> "CopyStatistics":
        return CopyStatistics(
            self.log_likelihood + other.log_likelihood, self.counts + other.counts
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.log_likelihood, self.counts]

    def with_tensors(self, tensors: list[Tensor]) -> "CopyStatistics":
        """Return a record of the same kind that holds `tensors`."""
        return CopyStatistics(*tensors)


class CopySource(nn.Module):
    """p(target | x) = product of one number for copied symbols, another for all others.

    Behind its last symbol a copy consists of end symbols. Input symbols that no target symbol has
    the text of are left out of it.
    """

    log_share: Tensor
    fitted: Tensor
    n_passes: int | None = 1

    def __init__(self, config: CopySourceConfig, schema: DataSchema) -> None:
        super().__init__()
        if schema.n_target_symbols is None or schema.target_end is None:
            raise ConfigError([f"{config.kind}: the schema must say which symbol ends a target."])
        if schema.target_of_symbol is None:
            raise ConfigError([f"{config.kind}: input and target have no symbols in common."])
        if config.first_sentence and schema.sentence_ends is None:
            raise ConfigError(
                [f"{config.kind}.first_sentence: true, but the data do not say what ends one."]
            )
        self.config, self.end = config, schema.target_end
        self.target_of_symbol = schema.target_of_symbol
        self.sentence = FirstSentence.of(schema) if config.first_sentence else None
        even = torch.tensor([1.0, schema.n_target_symbols - 1.0], dtype=torch.float64)
        self.n_others = schema.n_target_symbols - 1
        self.register_buffer("log_share", (even / even.sum()).log())
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        self.fitted.fill_(False)
        return fit_in_large_batches(self, train, valid, setting)

    def expect(self, batch: Batch) -> CopyStatistics:
        """Count the target symbols that are the copied ones.

        Raises:
            DataError: the batch has no targets, or a symbol is outside its alphabet.
        """
        is_copied, mask = self._is_copied(batch), target_of(batch).mask
        counts = torch.stack([(is_copied & mask).sum(), (~is_copied & mask).sum()])
        return CopyStatistics(self._log_prob(is_copied, mask).sum(), counts.double())

    def no_statistics(self) -> CopyStatistics:
        """Return the statistics of no sequence."""
        nothing = torch.zeros_like(self.log_share)
        return CopyStatistics(nothing.sum(), nothing)

    def maximise(self, statistics: CopyStatistics) -> None:
        """Set the probability of the copied symbol: its share, each side counted once more."""
        counts = statistics.counts + 1
        self.log_share.copy_((counts / counts.sum()).log())
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: counting is not watched for its objective."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """Return one comparison for each target step."""
        return float(target_of(batch).mask.sum())

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | input), the end symbol included [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `expect`.
        """
        require_fitted(self.fitted, self.config.kind)
        return self._log_prob(self._is_copied(batch), target_of(batch).mask)

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch target_time symbols"]:
        """Return log p of every target symbol at each target step [nats]; errors: `log_prob`."""
        require_fitted(self.fitted, self.config.kind)
        copied, other = self._log_shares()
        copies = self._written(batch)[..., None]
        steps = other.repeat(*copies.shape[:2], self.n_others + 1)
        return steps.scatter_(2, copies, copied.expand_as(copies))

    def generate(self, batch: Batch, max_length: int) -> Generation:
        """Return the copies, each with its end symbol, cut after `max_length` symbols.

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: a symbol is outside the alphabet.
        """
        require_fitted(self.fitted, self.config.kind)
        written = [[*copy, self.end][:max_length] for copy in self._copies(batch)]
        lengths = torch.tensor([len(own) for own in written])
        tokens = torch.zeros(len(written), int(lengths.max()), dtype=torch.long)
        for row, own in enumerate(written):
            tokens[row, : len(own)] = torch.tensor(own)
        return Generation(tokens.to(batch.mask.device), lengths.to(batch.mask.device))

    def n_free_parameters(self) -> int:
        """Return 1: the probability of the copied symbol."""
        return 1

    def _copies(self, batch: Batch) -> list[list[int]]:
        symbols = symbols_of(batch, len(self.target_of_symbol)).tolist()
        pairs = zip(symbols, batch.lengths.tolist(), strict=True)
        return [self._copy(own[:length]) for own, length in pairs]

    def _copy(self, symbols: list[int]) -> list[int]:
        copied = symbols if self.sentence is None else self.sentence.cut(symbols)
        found = [self.target_of_symbol[symbol] for symbol in copied]
        return [symbol for symbol in found if symbol >= 0][: self.config.max_symbols]

    def _is_copied(self, batch: Batch) -> Bool[Tensor, "batch target_time"]:
        return self._written(batch) == target_tokens(batch)

    def _written(self, batch: Batch) -> Int[Tensor, "batch target_time"]:
        """Return the copy, as long as the target."""
        target: Int[Tensor, "batch target_time"] = target_tokens(batch)
        copies = torch.full_like(target, self.end)
        for row, copy in enumerate(self._copies(batch)):
            kept = copy[: target.shape[1]]
            copies[row, : len(kept)] = torch.tensor(kept, dtype=torch.long, device=target.device)
        return copies

    def _log_shares(self) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Return log p of the copied symbol, and of each of the others."""
        copied, other = self.log_share.unbind()
        return copied, other - torch.tensor(self.n_others).double().log()

    def _log_prob(self, is_copied: Tensor, mask: Tensor) -> Float[Tensor, "batch"]:
        steps = torch.where(is_copied, *self._log_shares())
        return steps.where(mask, 0.0).sum(dim=1)


def build_copy_source(config: CopySourceConfig, schema: DataSchema) -> CopySource:
    """Return an unfitted baseline.

    Raises:
        ConfigError: it cannot do the schema's task, or the schema lacks what it needs.
    """
    reason = config.cannot(schema.task_kind, schema.input_kind)
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    return CopySource(config, schema)
