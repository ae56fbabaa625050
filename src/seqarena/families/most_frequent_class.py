"""The label that training bears most often, whatever the input: what classifiers must beat."""

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError, DataError
from seqarena.families.guards import require_fitted
from seqarena.families.statistics_fit import fit_in_large_batches
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.schema import DataSchema, TaskKind


class MostFrequentClassConfig(BaseModel):
    """Shares of the labels, by counting."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["most_frequent_class"]
    """Names this family."""
    pseudo_count: float = Field(default=1.0, ge=0)
    """Count added to every label; 0 calls labels that training lacks impossible."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        del input_kind  # It looks at no input.
        if task_kind != "classification":
            return f"it counts the labels of sequences; {task_kind} has none"
        return None


@dataclass(frozen=True)
class LabelStatistics:
    """How often each label stands; they add."""

    log_likelihood: Float[Tensor, ""]
    counts: Float[Tensor, "classes"]

    def __add__(self, other: "LabelStatistics") -> "LabelStatistics":
        return LabelStatistics(
            self.log_likelihood + other.log_likelihood, self.counts + other.counts
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.log_likelihood, self.counts]

    def with_tensors(self, tensors: list[Tensor]) -> "LabelStatistics":
        """Return a record of the same kind that holds `tensors`."""
        return LabelStatistics(*tensors)


class MostFrequentClass(nn.Module):
    """p(label | x) = p(label)."""

    log_share: Tensor
    fitted: Tensor
    n_passes: int | None = 1

    def __init__(self, config: MostFrequentClassConfig, n_classes: int) -> None:
        super().__init__()
        self.config = config
        uniform = torch.full((n_classes,), 1.0 / n_classes, dtype=torch.float64)
        self.register_buffer("log_share", uniform.log())
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Count once."""
        self.fitted.fill_(False)
        return fit_in_large_batches(self, train, valid, setting)

    def expect(self, batch: Batch) -> LabelStatistics:
        """Count the labels.

        Raises:
            DataError: the batch has no labels.
        """
        labels = _labels(batch)
        counts = torch.bincount(labels, minlength=len(self.log_share)).double()
        return LabelStatistics(self.log_share[labels].sum(), counts)

    def no_statistics(self) -> LabelStatistics:
        """Return the statistics of no sequence."""
        nothing = torch.zeros_like(self.log_share)
        return LabelStatistics(nothing.sum(), nothing)

    def maximise(self, statistics: LabelStatistics) -> None:
        """Set the shares."""
        counts = statistics.counts + self.config.pseudo_count
        self.log_share.copy_((counts / counts.sum()).log())
        self.fitted.fill_(True)

    def log_prior(self) -> float:
        """Return 0: counting is not watched for its objective."""
        return 0.0

    def expect_flops(self, batch: Batch) -> float:
        """Return one addition for each sequence."""
        return float(len(batch))

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label), the same for every sequence [nats].

        Raises:
            NotFittedError: nothing was learned yet.
        """
        require_fitted(self.fitted, self.config.kind)
        return self.log_share.expand(len(batch), -1)

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label) [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: the batch has no labels.
        """
        require_fitted(self.fitted, self.config.kind)
        return self.log_share[_labels(batch)]

    def n_free_parameters(self) -> int:
        """Return labels - 1."""
        return len(self.log_share) - 1


def build_most_frequent_class(
    config: MostFrequentClassConfig, schema: DataSchema
) -> MostFrequentClass:
    """Return an unfitted baseline.

    Raises:
        ConfigError: it cannot do the schema's task, or the schema lacks the number of labels.
    """
    reason = config.cannot(schema.task_kind, schema.input_kind)
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    if schema.n_classes is None:
        raise ConfigError([f"{config.kind}: the schema must say n_classes."])
    return MostFrequentClass(config, schema.n_classes)


def _labels(batch: Batch) -> Int[Tensor, "batch"]:
    if batch.labels is None:
        raise DataError("the batch has no labels; a classifier is judged against them.")
    return batch.labels
