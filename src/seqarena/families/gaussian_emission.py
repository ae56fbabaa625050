"""Frames, emitted by a Gaussian for each hidden state or component of a mixture."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from seqarena.batch import Batch, Sequences
from seqarena.families.guards import frames_of, require_finite, require_varied
from seqarena.inference.few_steps import FewEmissions
from seqarena.inference.gaussian import densities_of
from seqarena.inference.gaussian_densities import Densities, WhitenedDensities, log_densities
from seqarena.inference.gaussian_features import features_for, power_sums
from seqarena.inference.gaussian_fit import GaussianSums, Shape, fit_gaussians
from seqarena.inference.packed_emission import PackedEmission, emission_of_density


class GaussianEmission(nn.Module):
    """A Gaussian over frames for each state or component.

    Its covariances have one of four shapes (`inference.gaussian` says how each is stored). Sums are
    taken about `origin`, the mean of all training frames, so that they do not cancel. No variance
    falls below `least_variance` (`inference.gaussian_fit.floored` says what that means for each
    shape).
    """

    mean: Tensor
    covariance: Tensor
    origin: Tensor
    least_variance: Tensor

    def __init__(self, n: int, dim: int, covariance: Shape, variance_floor: float) -> None:
        super().__init__()
        self.shape, self.variance_floor = covariance, variance_floor
        self.register_buffer("mean", torch.zeros(n, dim, dtype=torch.float64))
        unit = _axes(torch.ones(dim, dtype=torch.float64), n, covariance)
        self.register_buffer("covariance", unit)
        self.register_buffer("origin", torch.zeros(dim, dtype=torch.float64))
        self.register_buffer("least_variance", torch.zeros(dim, dtype=torch.float64))

    def values(self, batch: Batch) -> Float[Tensor, "batch time dim"]:
        """Return the frames of a batch, checked to be finite."""
        return frames_of(batch, self.mean.shape[1])

    def densities(
        self, dtype: torch.dtype, log_weight: Float[Tensor, "n"] | None = None
    ) -> Densities:
        """Prepare the Gaussians for many frames, in this arithmetic if it is exact enough.

        Raises:
            DataError: a covariance is singular.
        """
        return densities_of(self.mean, self.covariance, self.shape, self.origin, dtype, log_weight)

    def log_prob(self, values: Float[Tensor, "steps dim"]) -> Float[Tensor, "steps n"]:
        """Return log N(frame; mean, covariance), in 64 bits [nats]."""
        return log_densities(self.densities(torch.float64), values)

    def packed(self, values: Float[Tensor, "steps dim"], dtype: torch.dtype) -> PackedEmission:
        """Return the densities of packed frames, scaled; computed in `dtype` where it is safe."""
        densities = self.densities(dtype)
        emission = emission_of_density(partial(log_densities, densities), values, dtype)
        return replace(emission, log_prob_at=lambda steps: self.log_prob(values[steps]))

    def few(self, values: Float[np.ndarray, "steps dim"]) -> FewEmissions | None:
        """Return the emissions of a few frames, in numpy; None: there is no quick way to them."""
        densities = self.densities(torch.float64)
        if isinstance(densities, WhitenedDensities):
            return None
        rows = densities.features.of_few(values)
        log_density = densities.of_few(rows)
        largest = log_density.max(axis=0)
        log_density -= largest
        weights = np.exp(log_density.T, order="C")
        return FewEmissions(
            weights, largest, None, lambda share: densities.features.sums_of_few(rows, share.T)
        )

    def sums(
        self, values: Float[Tensor, "steps dim"], state_probs: Float[Tensor, "steps n"]
    ) -> GaussianSums:
        """Sum the powers of the frames of each Gaussian, about the origin.

        Products run in the precision of `state_probs` where it is safe; they add up in 64 bits.
        """
        features = features_for(self.shape, len(self.mean), self.origin)
        if state_probs.dtype == torch.float32:
            narrow = power_sums(values, state_probs, self.densities(torch.float32).features)
            # A frame whose square leaves 32 bits.
            if all(bool(part.isfinite().all()) for part in narrow.tensors()):
                return narrow
        return power_sums(values, state_probs, features)

    def maximise(self, sums: GaussianSums) -> None:
        """Set means and covariances: the exact maximum above the variance floor."""
        mean, covariance = fit_gaussians(
            sums, self.mean - self.origin, self.covariance, self.least_variance, self.shape
        )
        torch.add(mean, self.origin, out=self.mean)
        self.covariance.copy_(covariance)

    def log_prior(self) -> float:
        """Return 0: the floor is a bound, not a prior."""
        return 0.0

    def reference(self, sequences: Sequences) -> None:
        """Set origin and least variances from all training frames, and every Gaussian to theirs.

        So a Gaussian that gets no frame of its own is as wide as the data, and where the data is.

        Raises:
            DataError: a frame is not finite, or a dimension never varies.
        """
        frames = require_finite(sequences)
        require_varied(frames)
        variance = torch.from_numpy(frames.var(axis=0, dtype=np.float64))
        # Rounded to what 32 bits hold, so that both arithmetics take off the same number.
        self.origin.copy_(torch.from_numpy(frames.mean(axis=0, dtype=np.float64)).float())
        self.least_variance.copy_(self.variance_floor * variance)
        self.mean.copy_(self.origin.expand_as(self.mean))
        self.covariance.copy_(_axes(variance.to(self.covariance), len(self.mean), self.shape))

    def n_free_parameters(self) -> int:
        """Return means, plus variances or the distinct entries of the covariances."""
        n, dim = self.mean.shape
        matrix = dim * (dim + 1) // 2
        spread = {"spherical": n, "diagonal": n * dim, "tied": matrix, "full": n * matrix}
        return n * dim + spread[self.shape]

    def flops_per_step(self) -> float:
        """Two products for the density and two for the sums."""
        n, dim = self.mean.shape
        each = {
            "spherical": 4 * n * dim + 8 * n,
            "diagonal": 8 * n * dim,
            "tied": 4 * n * dim + 4 * dim * dim,
            "full": 2 * n * dim * (dim + 3),
        }
        return float(each[self.shape])


def _axes(variance: Float[Tensor, "dim"], n: int, shape: Shape) -> Tensor:
    """Return n covariances, stored as `shape`, that have these variances and no correlation."""
    match shape:
        case "spherical":
            return variance.mean().repeat(n)
        case "diagonal":
            return variance.repeat(n, 1)
        case "tied":
            return torch.diag(variance)
        case "full":
            return torch.diag(variance).repeat(n, 1, 1)
