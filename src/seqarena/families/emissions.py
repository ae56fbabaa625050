"""What a hidden state, or a component of a mixture, emits: symbols or Gaussian frames.

Both hold their parameters as buffers, are fitted by sums that add, and answer the same questions:
checked `values` of a batch, `log_prob` and scaled `packed` emissions of packed values, `sums`,
`maximise`, `log_prior`, and `reference`, which takes from all training data, once before fitting,
what scales the parameters.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import (
    frames_of,
    require_alphabet,
    require_finite,
    require_varied,
    symbols_of,
)
from seqarena.inference.forward_backward import (
    PackedEmission,
    emission_of_density,
    emission_of_table,
)
from seqarena.inference.gaussian import GaussianSums, fit_gaussians, log_density


@dataclass(frozen=True)
class CategoricalSums:
    """How often each state emitted each symbol; they add."""

    counts: Float[Tensor, "n_states n_symbols"]

    def __add__(self, other: "CategoricalSums") -> "CategoricalSums":
        return CategoricalSums(self.counts + other.counts)

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.counts]


class CategoricalEmission(nn.Module):
    """A distribution over symbols for each state, with a symmetric Dirichlet prior."""

    log_emission: Tensor

    def __init__(self, n_states: int, n_symbols: int, pseudo_count: float) -> None:
        super().__init__()
        self.pseudo_count = pseudo_count
        uniform = torch.full((n_states, n_symbols), 1.0 / n_symbols, dtype=torch.float64)
        self.register_buffer("log_emission", uniform.log())

    def values(self, batch: Batch) -> Int[Tensor, "batch time"]:
        """Return the tokens of a batch, checked against the alphabet."""
        return symbols_of(batch, self.log_emission.shape[1])

    def log_prob(self, values: Int[Tensor, "steps"]) -> Float[Tensor, "steps n_states"]:
        """Return log p(symbol | state) [nats]."""
        return self.log_emission.T[values]

    def packed(self, values: Int[Tensor, "steps"], dtype: torch.dtype) -> PackedEmission:
        """Return the emissions of packed symbols, scaled."""
        return emission_of_table(self.log_emission, values, dtype)

    def sums(
        self, values: Int[Tensor, "steps"], state_probs: Float[Tensor, "steps n_states"]
    ) -> CategoricalSums:
        """Count the symbols of each state."""
        n_states, n_symbols = self.log_emission.shape
        counts = state_probs.new_zeros(n_symbols, n_states, dtype=torch.float64)
        # In chunks that stay in the processor's cache while they are widened to 64 bits.
        chunks = zip(torch.split(values, 8192), torch.split(state_probs, 8192), strict=True)
        for symbols, share in chunks:
            counts.index_add_(0, symbols, share.double())
        return CategoricalSums(counts.T.contiguous())

    def maximise(self, sums: CategoricalSums) -> None:
        """Set each state's distribution: counts plus pseudo-counts, normalised."""
        self.log_emission.copy_(log_shares(sums.counts + self.pseudo_count, self.log_emission))

    def log_prior(self) -> float:
        """Return the log-density under Dirichlet(1 + pseudo_count), up to a constant [nats]."""
        return dirichlet_log_prior(self.log_emission, self.pseudo_count)

    def reference(self, sequences: Sequences) -> None:
        """Check the symbols against the alphabet; they have no scale to be taken.

        Raises:
            DataError: a symbol is outside the alphabet.
        """
        require_alphabet(sequences, self.log_emission.shape[1])

    def n_free_parameters(self) -> int:
        """Return states · (symbols - 1)."""
        return self.log_emission.shape[0] * (self.log_emission.shape[1] - 1)

    def flops_per_step(self) -> float:
        """One addition per state."""
        return float(self.log_emission.shape[0])


class GaussianEmission(nn.Module):
    """A Gaussian over frames for each state or component.

    Sums are taken about `origin`, the mean of all training frames, so that they do not cancel.
    No variance falls below `least_variance` (in any direction, when the covariance is full).
    """

    mean: Tensor
    covariance: Tensor
    origin: Tensor
    least_variance: Tensor

    def __init__(self, n: int, dim: int, is_full: bool, variance_floor: float) -> None:
        super().__init__()
        self.is_full, self.variance_floor = is_full, variance_floor
        one = (
            torch.eye(dim, dtype=torch.float64) if is_full else torch.ones(dim, dtype=torch.float64)
        )
        self.register_buffer("mean", torch.zeros(n, dim, dtype=torch.float64))
        self.register_buffer("covariance", one.repeat(n, *([1] * one.dim())))
        self.register_buffer("origin", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("least_variance", torch.zeros(dim, dtype=torch.float64))

    def values(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch, checked to be finite."""
        return frames_of(batch, self.mean.shape[1])

    def log_prob(self, values: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n"]:
        """Return log N(frame; mean, covariance) [nats]."""
        return log_density(values.double(), self.mean, self.covariance)

    def packed(self, values: Float[Tensor, "steps dim"], dtype: torch.dtype) -> PackedEmission:
        """Return the densities of packed frames, scaled."""
        return emission_of_density(self.log_prob, values, dtype)

    def sums(
        self, values: Float[Tensor, "steps dim"], state_probs: Float[Tensor, "steps n"]
    ) -> GaussianSums:
        """Sum the powers of the frames of each Gaussian, about the origin."""
        return GaussianSums.of(values, self.origin, state_probs, self.is_full)

    def maximise(self, sums: GaussianSums) -> None:
        """Set means and covariances: the exact maximum above the variance floor."""
        mean, covariance = fit_gaussians(
            sums, self.mean - self.origin, self.covariance, self.least_variance
        )
        self.mean.copy_(mean + self.origin)
        self.covariance.copy_(covariance)

    def log_prior(self) -> float:
        """Return 0: the floor is a bound, not a prior."""
        return 0.0

    def reference(self, sequences: Sequences) -> None:
        """Set origin and least variances from all training frames.

        Raises:
            DataError: a frame is not finite, or a dimension never varies.
        """
        frames = require_finite(sequences)
        require_varied(frames)
        self.origin.copy_(torch.from_numpy(frames.mean(axis=0, dtype=np.float64)))
        variance = frames.var(axis=0, dtype=np.float64)
        self.least_variance.copy_(torch.from_numpy(self.variance_floor * variance))

    def n_free_parameters(self) -> int:
        """Return means, plus variances or the distinct entries of the covariances."""
        n, dim = self.mean.shape
        return n * (dim + (dim * (dim + 1) // 2 if self.is_full else dim))

    def flops_per_step(self) -> float:
        """Two products for the density and two for the sums."""
        n, dim = self.mean.shape
        return float(n * (4 * dim * dim if self.is_full else 8 * dim))


Emission = CategoricalEmission | GaussianEmission


def log_shares(
    counts: Float[Tensor, "n_rows n"], log_old: Float[Tensor, "n_rows n"]
) -> Float[Tensor, "n_rows n"]:
    """Return the log of each row over its sum; a row without counts keeps its old shares."""
    total = counts.sum(dim=1, keepdim=True)
    return (counts / total.where(total > 0, 1.0)).log().where(total > 0, log_old)


def dirichlet_log_prior(log_probs: Tensor, pseudo_count: float) -> float:
    """Return `pseudo_count` times the sum of the log-probabilities [nats]."""
    return pseudo_count * float(log_probs.sum()) if pseudo_count > 0 else 0.0
