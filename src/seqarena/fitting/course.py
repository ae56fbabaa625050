"""How far a fit has come: what is stored with every checkpoint and reported at the end."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import BaseModel
from torch import nn

from seqarena.batch import Batch, Sequences
from seqarena.errors import ConfigError
from seqarena.fitting.cost import Cost
from seqarena.fitting.loader import Share
from seqarena.fitting.processes import n_processes, sum_numbers
from seqarena.fitting.protocols import FitReport, FitSetting, OptimiserConfig, StepwiseConfig

StopReason = Literal["max_epochs", "patience", "converged", "max_minutes", "max_steps", "exact"]


@dataclass
class Course:
    """Numbers of a fit under way. Sums over batches are those of this process alone."""

    n_epochs: int = 0
    n_steps: int = 0
    train_loss: float | None = None
    valid_loss: float | None = None
    """Of the last epoch, of all processes together; None when it is not finite."""
    objective: float | None = None
    """Log-likelihood plus log-prior [nats]: of the last E-step, or of a pass of stepwise EM."""
    best_epoch: int | None = None
    best_valid_loss: float | None = None
    stop_reason: StopReason | None = None
    wall_seconds: float = 0.0
    """Spent up to the checkpoint that this fit was resumed from."""
    cpu_seconds: float = 0.0
    n_examples: int = 0
    n_real: int = 0
    n_padded: int = 0
    flops: float = 0.0
    """Of one pass over each of the first `n_flops_steps` batches."""
    n_flops_steps: int = 0
    resumed_from: int | None = None
    """Epochs that were done when the fit was last resumed."""

    def count(self, share: Share, flops: Callable[[Batch], float]) -> None:
        """Count what was done; a step is done when the last of its passes is."""
        self.n_steps += share.completes
        self.n_real += share.n_real
        self.n_padded += share.n_padded
        self.n_examples += len(share.batch) if share.counts else 0
        if self.n_epochs == 0:
            self.flops += flops(share.batch) if share.counts else 0.0
            self.n_flops_steps += share.completes

    def with_cost(self, cost: Cost) -> "Course":
        """Return the course with the cost since the start or the resumption added."""
        return replace(
            self,
            wall_seconds=self.wall_seconds + cost.wall_seconds,
            cpu_seconds=self.cpu_seconds + cost.cpu_seconds,
        )

    def flops_in_all(self) -> float:
        """Return the operations of one pass over each batch so far, extrapolated from the first."""
        return self.flops / max(self.n_flops_steps, 1) * self.n_steps

    def report(
        self, model: nn.Module, cost: Cost, flops_factor: float, notes: tuple[str, ...] = ()
    ) -> FitReport:
        """Return the report of a fit that has ended, over all processes."""
        course = self.with_cost(cost)
        flops, cpu_seconds, n_examples, n_real, n_padded = sum_numbers(
            flops_factor * course.flops_in_all(),
            course.cpu_seconds,
            course.n_examples,
            course.n_real,
            course.n_padded,
        )
        if course.resumed_from is not None:
            notes = (*notes, f"resumed after {course.resumed_from} epochs")
        return FitReport(
            stop_reason=course.stop_reason or "max_epochs",
            n_epochs=course.n_epochs,
            best_epoch=course.best_epoch,
            train_loss=course.train_loss,
            valid_loss=course.best_valid_loss,
            n_parameters=count_parameters(model),
            training_flops=flops,
            wall_seconds=course.wall_seconds,
            cpu_seconds=cpu_seconds,
            peak_memory_bytes=cost.peak_memory_bytes,
            examples_per_second=n_examples / max(course.wall_seconds, 1e-9),
            padding_share=1.0 - n_real / max(n_padded, 1.0),
            n_processes=n_processes(),
            notes=notes,
        )


def refuse_over_budget(n_parameters: int, setting: FitSetting) -> None:
    """Raise when a model has more free parameters than the task allows.

    Raises:
        ConfigError: it says by how much.
    """
    limit = setting.training.max_parameters
    if limit is not None and n_parameters > limit:
        over = n_parameters - limit
        raise ConfigError(
            [
                f"{setting.label}: {n_parameters:,} free parameters, {over:,} ({over / limit:.1%})"
                f" over the {limit:,} of training.max_parameters; make the model narrower or"
                " shallower, or raise the limit for every family of the task."
            ]
        )


def count_parameters(model: nn.Module) -> int:
    """Return the model's own count of free parameters, else that of its trainable numbers."""
    own_count = getattr(model, "n_free_parameters", None)
    if callable(own_count):
        return int(own_count())
    return sum(part.numel() for part in model.parameters() if part.requires_grad)


def identity_of(
    model: nn.Module,
    data: Sequences,
    setting: FitSetting,
    optimiser: OptimiserConfig | StepwiseConfig | None,
) -> str:
    """Return a digest of everything that a fit depends on: whose checkpoint is this?"""
    shapes = [(name, list(tensor.shape)) for name, tensor in model.state_dict().items()]
    own = getattr(model, "config", None)
    settings = [
        setting.training.model_dump(),
        optimiser and optimiser.model_dump(),
        own.model_dump(mode="json") if isinstance(own, BaseModel) else None,
    ]
    digest = hashlib.sha256(json.dumps([setting.seed, settings, shapes]).encode())
    for part in (data, data.target):
        if part is not None:
            marks = (part.scored_from, part.scored_steps)
            for array in (part.offsets, part.values, part.labels, part.tags, *marks):
                digest.update(b"none" if array is None else np.ascontiguousarray(array).data)
    return digest.hexdigest()


def finite(number: float) -> float | None:
    """Return the number, or None where it is infinite or not a number."""
    return number if math.isfinite(number) else None
