"""What the E-step over transcripts counts."""

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from seqarena.families.mixture_emission import MixtureSums


@dataclass(frozen=True)
class WordStatistics:
    """Expected statistics of the paths through the composed word models."""

    log_likelihood: Float[Tensor, ""]
    """Of frames and words together: log p(x, words) [nats]."""
    stay: Float[Tensor, "n_states"]
    """Expected number of steps after which a path stays in each state."""
    leave: Float[Tensor, "n_states"]
    silence: Float[Tensor, "2"]
    """Expected number of places with a silence, and of those without."""
    sums: MixtureSums
    """Of the mixtures of all states."""

    def __add__(self, other: "WordStatistics") -> "WordStatistics":
        return WordStatistics(
            self.log_likelihood + other.log_likelihood,
            self.stay + other.stay,
            self.leave + other.leave,
            self.silence + other.silence,
            self.sums + other.sums,
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, those of the mixtures last."""
        return [self.log_likelihood, self.stay, self.leave, self.silence, *self.sums.tensors()]

    def with_tensors(self, tensors: list[Tensor]) -> "WordStatistics":
        """Return a record of the same kind that holds `tensors`."""
        log_likelihood, stay, leave, silence, *sums = tensors
        return WordStatistics(log_likelihood, stay, leave, silence, self.sums.with_tensors(sums))
