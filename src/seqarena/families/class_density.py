"""What a density must do to serve one class of a Bayes classifier, and the statistics of all."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from jaxtyping import Float
from torch import Tensor

from seqarena.batch import Batch, Sequences
from seqarena.families.restarts import Restarts


@runtime_checkable
class ClassDensity(Protocol):
    """What a density must do beside `DensityFamily` and `StatisticsModel` to serve one class."""

    config: Any
    n_passes: int | None

    def initialise(self, train: Sequences, reference: Sequences, seed: int) -> None:
        """Set starting parameters from the class's sequences and all of them."""
        ...

    def expect(self, batch: Batch) -> Any:
        """Return the statistics of a batch."""
        ...

    def no_statistics(self) -> Any:
        """Return the statistics of no sequence."""
        ...

    def maximise(self, statistics: Any) -> None:
        """Set the parameters."""
        ...

    def log_prior(self) -> float:
        """Return the log-density of the parameters under their prior."""
        ...

    def expect_flops(self, batch: Batch) -> float:
        """Estimate the operations of `expect`."""
        ...

    def log_prob(self, batch: Batch) -> Tensor:
        """Return log p(x) of the scored steps."""
        ...

    def n_free_parameters(self) -> int:
        """Return how many numbers can vary independently."""
        ...


class HasStarts(Protocol):
    """A density of which several starts may be fitted side by side (`config.n_restarts`)."""

    def starts(self, train: Sequences, reference: Sequences, seed: int) -> Restarts:
        """Return all starts, the first as if it were the only one."""
        ...


@dataclass(frozen=True)
class ClassStatistics:
    """The statistics of each class's sequences, and how many sequences each class has."""

    log_likelihood: Float[Tensor, ""]
    """Of sequences and labels together: log p(x, label) [nats]."""
    n_sequences: Float[Tensor, "classes"]
    parts: tuple[Any, ...]

    def __add__(self, other: "ClassStatistics") -> "ClassStatistics":
        return ClassStatistics(
            self.log_likelihood + other.log_likelihood,
            self.n_sequences + other.n_sequences,
            tuple(ours + theirs for ours, theirs in zip(self.parts, other.parts, strict=True)),
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, class after class."""
        inner = [tensor for part in self.parts for tensor in part.tensors()]
        return [self.log_likelihood, self.n_sequences, *inner]

    def with_tensors(self, tensors: list[Tensor]) -> "ClassStatistics":
        """Return a record of the same kind that holds `tensors`."""
        rest, parts = tensors[2:], []
        for part in self.parts:
            size = len(part.tensors())
            parts.append(part.with_tensors(rest[:size]))
            rest = rest[size:]
        return ClassStatistics(tensors[0], tensors[1], tuple(parts))


def posterior_of_classes(
    log_prob: Float[Tensor, "batch classes"], log_class_prior: Float[Tensor, "classes"]
) -> Float[Tensor, "batch classes"]:
    """Return log p(label | x) from log p(x | label) by Bayes' rule [nats].

    What is impossible under every class gets the labels' prior.
    """
    known = ~log_prob.isneginf().all(dim=1, keepdim=True)
    return (log_prob.where(known, 0.0) + log_class_prior).log_softmax(dim=1)
