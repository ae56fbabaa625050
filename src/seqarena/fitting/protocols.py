"""What can be fitted, what a fit is told, and what it reports."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch
from seqarena.fitting.observer import Observer
from seqarena.fitting.settings import (
    HardwareConfig,
    OptimiserConfig,
    StepwiseConfig,
    TrainingConfig,
)

# What is fitted is asked for together with the settings of its fit.
__all__ = [
    "FitReport",
    "FitSetting",
    "GradientModel",
    "HardwareConfig",
    "Objective",
    "OptimiserConfig",
    "Recorder",
    "Statistics",
    "StatisticsModel",
    "StepwiseConfig",
    "TrainingConfig",
]

S = TypeVar("S", bound="Statistics")


@dataclass(frozen=True)
class Objective:
    """A sum to be minimised, and what to divide it by; both add over batches and ranks."""

    total: Float[Tensor, ""]
    """Negative log-likelihood summed over the scored steps or labels [nats]."""
    weight: int
    """Number of scored steps or labels in the sum."""


@runtime_checkable
class GradientModel(Protocol):
    """A `torch.nn.Module` that is fitted by gradients."""

    def objective(self, batch: Batch) -> Objective:
        """Return the loss of a batch as a sum and its weight."""
        ...

    def forward_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of one forward pass, padding included."""
        ...


class Statistics(Protocol):
    """Sufficient statistics of some batches: a frozen record that adds."""

    @property
    def log_likelihood(self) -> Float[Tensor, ""]:
        """Log-likelihood of what was counted, under the parameters that counted it [nats]."""
        ...

    def __add__(self: S, other: S) -> S:
        """Return the statistics of both."""
        ...

    def tensors(self) -> list[Tensor]:
        """Return every tensor of the record, in a fixed order (for reduction over ranks)."""
        ...

    def with_tensors(self: S, tensors: list[Tensor]) -> S:
        """Return a record of the same kind that holds `tensors`, in the order of `tensors()`."""
        ...


@runtime_checkable
class StatisticsModel(Protocol):
    """A `torch.nn.Module` of buffers that is fitted by sufficient statistics: counting, or EM."""

    @property
    def n_passes(self) -> int | None:
        """Passes over the data that fit it exactly (1 for counting); None: until it converges."""
        ...

    def expect(self, batch: Batch) -> Any:
        """Return the `Statistics` of a batch under the present parameters (the E-step)."""
        ...

    def expect_flops(self, batch: Batch) -> float:
        """Estimate the floating-point operations of `expect` on this batch."""
        ...

    def maximise(self, statistics: Any) -> None:
        """Set the parameters from the statistics of all the data (the M-step)."""
        ...

    def log_prior(self) -> float:
        """Log-density of the parameters under the prior; 0 for maximum likelihood [nats]."""
        ...


@runtime_checkable
class Recorder(Protocol):
    """Whatever wants to hear of a fit's progress (the journal, in production)."""

    def metric(self, name: str, value: float, step: int) -> None:
        """Take note of one finite number."""
        ...


@dataclass(frozen=True)
class FitSetting:
    """Everything that a fit is told besides the model and the data."""

    seed: int
    training: TrainingConfig
    hardware: HardwareConfig
    scratch: Path
    """Folder for this fit's checkpoints alone, outside every stage output; it resumes there."""
    recorder: Recorder
    label: str = "fit"
    """What the progress bar calls it."""
    show_progress: bool = False
    observer: Observer | None = None
    """Who sees the model at a few moments of a gradient fit."""
    goes_on: bool = False
    """Whether the model holds the parameters of an earlier fit, to begin from them: families that
    can are those for which `families.earlier_fit.start_obstacle` names no obstacle."""


@dataclass(frozen=True)
class FitReport:
    """What a fit cost and how it ended; every field is measured, or None where it cannot be."""

    stop_reason: Literal[
        "max_epochs", "patience", "converged", "max_minutes", "max_steps", "exact", "engine"
    ]
    n_epochs: int
    best_epoch: int | None
    """Epoch (from 0) whose parameters were kept."""
    train_loss: float | None
    """Loss per scored step or label at the end [nats]."""
    valid_loss: float | None
    """The same on the validation split, of the parameters that were kept [nats]."""
    n_parameters: int
    """Free parameters of the fitted model."""
    training_flops: float | None
    """Estimated floating-point operations of the whole fit."""
    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    """Largest resident set of the process so far."""
    examples_per_second: float
    padding_share: float
    """Padded steps over all steps of the training batches, 0 to 1."""
    n_processes: int = 1
    notes: tuple[str, ...] = field(default=())
    """What a reader of the report should know."""

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as JSON-ready values."""
        return asdict(self)
