"""Frames, emitted by a Gaussian for each hidden state or component of a mixture."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import frames_of, require_finite, require_varied
from seqarena.inference.forward_backward import PackedEmission, emission_of_density
from seqarena.inference.gaussian import GaussianSums, fit_gaussians, log_density


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
