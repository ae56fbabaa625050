"""What every family answers, whatever is inside.

A family is a `torch.nn.Module` whose state dict is all that it has learned, so that one pair of
functions (`families.store`) saves and loads every kind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.attention.maps import NativeMap
from seqarena.batch import Batch, Sequences
from seqarena.fitting.protocols import FitReport, FitSetting
from seqarena.networks.hypotheses import Hypotheses


@runtime_checkable
class Family(Protocol):
    """Anything that can be fitted, stored and loaded."""

    def fit(self, train: Sequences, valid: Sequences, setting: FitSetting) -> FitReport:
        """Learn from `train`, select on `valid`, and report."""
        ...

    def n_free_parameters(self) -> int:
        """Return how many numbers can vary independently."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Return everything that was learned."""
        ...


@runtime_checkable
class DensityFamily(Family, Protocol):
    """A family that gives every sequence a probability (a density, for frames)."""

    def step_log_prob(self, batch: Batch) -> Float[Tensor, "batch time"]:
        """Return log p(x_t | x_1, ..., x_{t-1}) in nats; 0 on padding.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        ...

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return the sum of `step_log_prob` over the scored steps [nats]."""
        ...


@runtime_checkable
class RecommenderFamily(DensityFamily, Protocol):
    """A density of symbols that can be asked about all of them at once."""

    def next_log_prob(self, batch: Batch) -> Float[Tensor, "batch symbols"]:
        """Return log p(x_{T+1} | x_1, ..., x_T) of every symbol, T the whole length [nats].

        Each is what `step_log_prob` would say of the sequence with that symbol appended.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        ...


@runtime_checkable
class Predictive(Protocol):
    """A family that can say what it expects at every output, over all that could stand there."""

    def predictive_log_prob(self, batch: Batch) -> Float[Tensor, "batch output choice"]:
        """Return log p of every choice at every output, given the gold outputs before it [nats].

        Outputs are the steps of a density (p(. | x_1, ..., x_{t-1}) over the symbols) or of a
        tagger, the one label of a classifier (one output), or the target steps of a transducer, the
        end symbol included. Rows of padding hold anything.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        ...


@runtime_checkable
class PredictiveFrom(Predictive, Protocol):
    """A density of symbols that need not begin at the beginning."""

    def predictive_log_prob_from(
        self, batch: Batch, first: int
    ) -> Float[Tensor, "batch output choice"]:
        """Return `predictive_log_prob` of the steps from `first` on, the same to the last bit.

        Influence asks so about sequences that are all the same before: what stands there is not
        worth computing again.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        ...


@runtime_checkable
class Sample(Protocol):
    """What was drawn, and whatever else the family knows of it."""

    @property
    def sequences(self) -> Sequences:
        """The drawn sequences."""
        ...


@runtime_checkable
class SamplingFamily(Protocol):
    """A density from which sequences can be drawn."""

    def sample(self, lengths: Sequence[int], generator: torch.Generator) -> Sample:
        """Draw one sequence of each length; the same generator state gives the same ones.

        Raises:
            NotFittedError: nothing was learned yet.
        """
        ...


@runtime_checkable
class ClassifierFamily(Family, Protocol):
    """A family that gives every label a probability."""

    def class_log_prob(self, batch: Batch) -> Float[Tensor, "batch classes"]:
        """Return log p(label | x), normalised over the labels [nats]."""
        ...

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own label | x) [nats]."""
        ...


@runtime_checkable
class TaggerFamily(Family, Protocol):
    """A family that names the tag of every step."""

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(the batch's own tags | x) of whole sequences [nats]."""
        ...

    def tag_probs(self, batch: Batch) -> Float[Tensor, "batch time tags"]:
        """Return p(tag_t | x) of each step, whatever the tags of its neighbours; 0 on padding."""
        ...

    def tag(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the tags that the family chooses; 0 on padding."""
        ...


@dataclass(frozen=True)
class Generation:
    """Sequences that a transducer wrote."""

    tokens: Int[Tensor, "batch target_time"]
    """Target symbols; the end symbol is included where it was reached; 0 after it."""
    lengths: Int[Tensor, "batch"]
    """Symbols written, the end symbol included."""
    n_best: Hypotheses | None = None
    """The best outputs by score, the first of which are `tokens`; None: only one is kept."""


@runtime_checkable
class TransducerFamily(Family, Protocol):
    """A family that turns one sequence into another."""

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | input), the end symbol included [nats]."""
        ...

    def generate(self, batch: Batch, max_length: int) -> Generation:
        """Return an output for each input, at most `max_length` symbols long."""
        ...


LinkPairs = Int[np.ndarray, "_ 2"]
"""Source step and target step of each link, from 0."""


@runtime_checkable
class AlignerFamily(Family, Protocol):
    """A family that says which source step each target step comes from."""

    def log_prob(self, batch: Batch) -> Float[Tensor, "batch"]:
        """Return log p(target | source) [nats]."""
        ...

    def links(self, batch: Batch) -> list[LinkPairs]:
        """Return the links of each example; none touches the end symbol of the target."""
        ...


@runtime_checkable
class ShiftedLinks(Protocol):
    """A family whose links can also be read one step later, where a target step is the input."""

    def shifted_links(self, batch: Batch) -> list[LinkPairs]:
        """Return the links of each example as read from the step after each target step."""
        ...


__all__ = [
    "AlignerFamily",
    "ClassifierFamily",
    "DensityFamily",
    "Family",
    "Generation",
    "LinkPairs",
    "NativeMap",
    "Predictive",
    "PredictiveFrom",
    "RecommenderFamily",
    "Sample",
    "SamplingFamily",
    "ShiftedLinks",
    "TaggerFamily",
    "TransducerFamily",
]
