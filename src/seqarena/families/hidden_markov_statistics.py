"""What Baum and Welch's E-step counts."""

from dataclasses import dataclass
from typing import Any

from jaxtyping import Float
from torch import Tensor

from seqarena.families.mixture_emission import MixtureSums


@dataclass(frozen=True)
class HiddenMarkovStatistics:
    """Expected statistics of the hidden paths, and of what they emitted."""

    log_likelihood: Float[Tensor, ""]
    start: Float[Tensor, "n_states"]
    transition: Float[Tensor, "n_states n_states"]
    emission: Any
    """`CategoricalSums`, `GaussianSums`, `FrameSums`, or `MixtureSums` of one of the latter."""

    def __add__(self, other: "HiddenMarkovStatistics") -> "HiddenMarkovStatistics":
        return HiddenMarkovStatistics(
            self.log_likelihood + other.log_likelihood,
            self.start + other.start,
            self.transition + other.transition,
            self.emission + other.emission,
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, those of the emission last."""
        return [self.log_likelihood, self.start, self.transition, *self.emission.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "HiddenMarkovStatistics":
        """Return a record of the same kind that holds `tensors`."""
        log_likelihood, start, transition, *emission = tensors
        return HiddenMarkovStatistics(log_likelihood, start, transition, self._emission(emission))

    def _emission(self, tensors: list[Tensor]) -> Any:
        if isinstance(self.emission, MixtureSums):
            return self.emission.with_tensors(tensors)
        return type(self.emission)(*tensors)
