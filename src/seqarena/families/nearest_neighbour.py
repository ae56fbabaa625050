"""The label of the training series that is most like it: the simple baseline of time series."""

from typing import Any, Literal

import numpy as np
import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences, collate_all
from seqarena.errors import ConfigError, DataError
from seqarena.families.engine_fit import batches_by_length
from seqarena.families.guards import frames_of, require_finite, require_fitted
from seqarena.fitting.cost import CostMeter
from seqarena.fitting.course import refuse_over_budget
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.inference.series_distances import Distance, distances
from seqarena.schema import DataSchema, TaskKind


class NearestNeighbourConfig(BaseModel):
    """How series are compared, and how many neighbours vote."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    kind: Literal["nearest_neighbour"]
    """Names this family."""
    distance: Distance = "dtw"
    """"euclidean": step by step, of series that are equally long. "dtw": the least over all ways to
    pass through both series in order, of the summed squared differences of whole frames."""
    window: float = Field(default=1.0, ge=0, le=1)
    """Farthest that such a way may leave the diagonal, as a share of the longer series
    (Sakoe & Chiba 1978); 1: any way."""
    n_neighbours: int = Field(default=1, ge=1)
    """Neighbours that vote; among equally near ones, the first in training."""
    pseudo_count: float = Field(default=0.1, gt=0, lt=1)
    """Votes added to all labels, shared out as the labels of training are. It decides how sure a
    choice is, and which one only among labels with equally many votes."""

    @property
    def mechanism(self) -> str:
        """Attention mechanism: "none"."""
        return "none"

    def cannot(self, task_kind: TaskKind, input_kind: Literal["tokens", "frames"]) -> str | None:
        """Say why this configuration cannot do such a task, or return None."""
        if task_kind != "classification":
            return f"a nearest neighbour lends its label to a whole series; {task_kind} has none"
        if input_kind == "tokens":
            return "distances are between frames, and this task's input is tokens"
        return None


class NearestNeighbour(nn.Module):
    """p(label | x) from the labels of the training series that are nearest to x.

    It learns nothing but the training series themselves, and one pass is exact.
    """

    features: Tensor
    lengths: Tensor
    labels: Tensor
    fitted: Tensor

    def __init__(self, config: NearestNeighbourConfig, dim: int, n_classes: int) -> None:
        super().__init__()
        self.config = config
        self.n_classes = n_classes
        self.register_buffer("features", torch.zeros(0, 0, dim))
        self.register_buffer("lengths", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("labels", torch.zeros(0, dtype=torch.int64))
        self.register_buffer("fitted", torch.tensor(False))

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Keep the training series; the loss on each of them is told by the others.

        Raises:
            DataError: there are no labels, fewer series than neighbours, or a frame is not finite.
            ConfigError: the task allows fewer numbers than the series have.
        """
        meter = CostMeter.start()
        self._keep(train)
        refuse_over_budget(self.n_free_parameters(), setting)
        cost = meter.stop()
        losses = {"train": self._loss(train, leave_out=True), "valid": self._loss(valid)}
        for split, loss in losses.items():
            setting.recorder.metric(f"{split}/loss", loss, 0)
        return FitReport(
            stop_reason="exact",
            n_epochs=1,
            best_epoch=0,
            train_loss=losses["train"],
            valid_loss=losses["valid"],
            n_parameters=self.n_free_parameters(),
            training_flops=0.0,
            wall_seconds=max(cost.wall_seconds, 1e-9),
            cpu_seconds=cost.cpu_seconds,
            peak_memory_bytes=cost.peak_memory_bytes,
            examples_per_second=len(train) / max(cost.wall_seconds, 1e-9),
            padding_share=0.0,
            notes=("the training loss is of each series as told by the others",),
        )

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x): (votes + pseudo-counts) / (neighbours + pseudo-count) [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: the batch holds no such frames, or series of other lengths are compared step
                by step.
        """
        require_fitted(self.fitted, self.config.kind)
        return self._log_votes(self._distances(batch))

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | x) [nats].

        Raises:
            NotFittedError: nothing was learned yet.
            DataError: as `class_log_prob`, or the batch has no labels.
        """
        return self.class_log_prob(batch).gather(1, _labels(batch.labels)[:, None])[:, 0]

    def n_free_parameters(self) -> int:
        """Return how many numbers the training series have."""
        return int(self.lengths.sum()) * self.features.shape[2]

    def _keep(self, train: Sequences) -> None:
        if train.labels is None:
            raise DataError("a classifier needs labels, and the training sequences have none.")
        if len(train) <= self.config.n_neighbours:
            raise DataError(
                f"{len(train)} training series came, and n_neighbours is "
                f"{self.config.n_neighbours}; it should be less than there are series."
            )
        require_finite(train)
        kept = collate_all(train)
        self.features = frames_of(kept, self.features.shape[2])
        self.lengths, self.labels = kept.lengths, _labels(kept.labels)
        self.fitted.fill_(True)

    def _distances(self, batch: Batch) -> Float[np.ndarray, "batch train"]:
        frames = frames_of(batch, self.features.shape[2])
        return distances(
            _series(frames, batch.lengths),
            _series(self.features, self.lengths),
            self.config.distance,
            self.config.window,
        )

    def _log_votes(self, found: Float[np.ndarray, "batch train"]) -> Float[Tensor, "batch classes"]:
        # Stable, so that among equally near series the first one votes.
        order = np.argsort(found, axis=1, kind="stable")[:, : self.config.n_neighbours]
        voters = self.labels[torch.from_numpy(order)]
        votes = nn.functional.one_hot(voters, self.n_classes).sum(dim=1).double()
        counts = torch.bincount(self.labels, minlength=self.n_classes).double()
        extra = self.config.pseudo_count
        smoothed = votes + extra * counts / counts.sum()
        return (smoothed / (self.config.n_neighbours + extra)).log()

    def _loss(self, sequences: Sequences, leave_out: bool = False) -> float:
        """Return the mean of -log p(label | x); `leave_out`: no series is its own neighbour."""
        total = 0.0
        for batch in batches_by_length(sequences):
            found = self._distances(batch)
            if leave_out:
                found[np.arange(len(batch)), batch.rows.numpy()] = np.inf
            own = self._log_votes(found).gather(1, _labels(batch.labels)[:, None])
            total -= float(own.sum())
        return total / len(sequences)

    def _load_from_state_dict(self, state_dict: Any, prefix: str, *rest: Any) -> None:
        # How many series there are is known only to the stored tensors: take their size first.
        for name in ("features", "lengths", "labels"):
            stored = state_dict.get(f"{prefix}{name}")
            if stored is not None:
                setattr(self, name, torch.empty_like(stored))
        super()._load_from_state_dict(state_dict, prefix, *rest)


def build_nearest_neighbour(config: NearestNeighbourConfig, schema: DataSchema) -> NearestNeighbour:
    """Return an unfitted classifier.

    Raises:
        ConfigError: it cannot do the schema's task, or the schema lacks a size.
    """
    reason = config.cannot(schema.task_kind, schema.input_kind)
    if reason is not None:
        raise ConfigError([f"{config.kind}: {reason}."])
    if schema.dim is None or schema.n_classes is None:
        raise ConfigError([f"{config.kind}: the schema must say dim and n_classes."])
    return NearestNeighbour(config, schema.dim, schema.n_classes)


def _series(
    features: Float[Tensor, "series time dim"], lengths: Int[Tensor, "series"]
) -> list[np.ndarray]:
    return [
        one[:length].double().numpy()
        for one, length in zip(features.cpu(), lengths.tolist(), strict=True)
    ]


def _labels(labels: Tensor | None) -> Tensor:
    if labels is None:
        raise DataError("a classifier needs labels, and the batch has none.")
    return labels
