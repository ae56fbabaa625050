"""Gaussian densities and the moments that fit them. Several Gaussians at once, one row for each.

A covariance is (n, dim) when it is diagonal (variances) and (n, dim, dim) when it is full.
"""

import math
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.errors import DataError


def log_density(
    frames: Float[Tensor, "steps dim"],
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "n ..."],
) -> Float[Tensor, "steps n"]:
    """Log N(frame; mean, covariance) of every frame under every Gaussian [nats].

    O(steps · n · dim) time for diagonal covariances, O(steps · n · dim²) for full ones.

    Raises:
        DataError: a covariance is singular, or not positive.
    """
    if covariance.dim() == 2:
        return _log_density_diagonal(frames, mean, covariance)
    return _log_density_full(frames, mean, covariance)


def _log_density_diagonal(frames: Tensor, mean: Tensor, variance: Tensor) -> Tensor:
    bad = (~(variance > 0)).nonzero().tolist()
    if bad:
        which, dimension = bad[0]
        raise DataError(
            f"Gaussian {which}: the variance of dimension {dimension} is "
            f"{variance[which, dimension].item():g}, and must be above 0; "
            "use fewer components or states, or a higher variance_floor."
        )
    # Expanding the square makes it two matrix products; centring keeps it from cancelling.
    centre = mean.mean(dim=0)
    frames, mean = frames - centre, mean - centre
    precision = 1.0 / variance
    distance = (
        frames.square() @ precision.T
        - 2.0 * (frames @ (mean * precision).T)
        + (mean.square() * precision).sum(dim=1)
    )
    log_norm = variance.log().sum(dim=1) + mean.shape[1] * math.log(2.0 * math.pi)
    return (distance.clamp(min=0.0) + log_norm).mul(-0.5)


def _log_density_full(frames: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    factor, failed = torch.linalg.cholesky_ex(covariance)
    for which in failed.nonzero()[:1, 0].tolist():
        lowest = torch.linalg.eigvalsh(covariance[which])[0].item()
        raise DataError(
            f"Gaussian {which}: its covariance is singular (lowest eigenvalue {lowest:g}); "
            "use fewer components or states, a higher variance_floor, or covariance: diagonal."
        )
    log_norm = 2.0 * factor.diagonal(dim1=1, dim2=2).log().sum(dim=1)
    log_norm = log_norm + mean.shape[1] * math.log(2.0 * math.pi)
    distance = torch.stack(
        [
            torch.linalg.solve_triangular(lower, (frames - centre).T, upper=False)
            .square()
            .sum(dim=0)
            for lower, centre in zip(factor, mean, strict=True)
        ],
        dim=1,
    )
    log_prob: Tensor = (distance + log_norm).mul(-0.5)
    return log_prob


@dataclass(frozen=True)
class GaussianSums:
    """Weighted power sums of frames about a fixed origin, one row for each Gaussian; they add."""

    weight: Float[Tensor, "n"]
    first: Float[Tensor, "n dim"]
    second: Float[Tensor, "n ..."]
    """Sums of squares (diagonal), or of outer products (full)."""

    @classmethod
    def of(
        cls,
        frames: Float[Tensor, "steps dim"],
        origin: Float[Tensor, "dim"],
        responsibility: Float[Tensor, "steps n"],
        is_full: bool,
        chunk: int = 8192,
    ) -> "GaussianSums":
        """Sum the powers of frames about `origin`, in 64 bits, a chunk at a time."""
        n, dim = responsibility.shape[1], frames.shape[1]
        shape = (n, dim, dim) if is_full else (n, dim)
        total = cls(
            weight=torch.zeros(n, dtype=torch.float64, device=frames.device),
            first=torch.zeros(n, dim, dtype=torch.float64, device=frames.device),
            second=torch.zeros(shape, dtype=torch.float64, device=frames.device),
        )
        for part, share in zip(
            torch.split(frames, chunk), torch.split(responsibility, chunk), strict=True
        ):
            total = total + _sums(part.double() - origin, share.double(), is_full)
        return total

    def __add__(self, other: "GaussianSums") -> "GaussianSums":
        return GaussianSums(
            self.weight + other.weight, self.first + other.first, self.second + other.second
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.weight, self.first, self.second]


def _sums(frames: Tensor, share: Tensor, is_full: bool) -> GaussianSums:
    # (X' @ share)' and not share' @ X: ten times faster when dim is far below n.
    powers = (frames[:, :, None] * frames[:, None, :]).flatten(1) if is_full else frames.square()
    second = (powers.T @ share).T
    dim = frames.shape[1]
    return GaussianSums(
        weight=share.sum(dim=0),
        first=(frames.T @ share).T.contiguous(),
        second=second.reshape(-1, dim, dim) if is_full else second.contiguous(),
    )


def fit_gaussians(
    sums: GaussianSums,
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "n ..."],
    least_variance: Float[Tensor, "dim"],
) -> tuple[Float[Tensor, "n dim"], Float[Tensor, "n ..."]]:
    """Most likely means (about the origin) and covariances, none below `least_variance`.

    Among the covariances S for which S - diag(least_variance) is positive semi-definite this is
    the exact maximum, so that the floor never lets the likelihood of EM fall. A Gaussian to which
    no frame belongs keeps its old `mean` and `covariance`.
    """
    seen = sums.weight > 0
    weight = sums.weight.where(seen, 1.0)
    new_mean = sums.first / weight[:, None]
    if covariance.dim() == 2:
        spread = sums.second / weight[:, None] - new_mean.square()
        spread = spread.maximum(least_variance)
        return new_mean.where(seen[:, None], mean), spread.where(seen[:, None], covariance)
    spread = sums.second / weight[:, None, None] - new_mean[:, :, None] * new_mean[:, None, :]
    spread = floor_eigenvalues(spread, least_variance)
    return new_mean.where(seen[:, None], mean), spread.where(seen[:, None, None], covariance)


def floor_eigenvalues(
    covariance: Float[Tensor, "n dim dim"], least_variance: Float[Tensor, "dim"]
) -> Float[Tensor, "n dim dim"]:
    """Raise the eigenvalues that are below 1 once each axis is measured in units of its floor."""
    unit = least_variance.sqrt()
    scaled = covariance / unit[:, None] / unit
    values, vectors = torch.linalg.eigh(0.5 * (scaled + scaled.mT))
    if bool((values >= 1.0).all()):
        return 0.5 * (covariance + covariance.mT)
    floored = (vectors * values.clamp(min=1.0)[:, None, :]) @ vectors.mT * unit[:, None] * unit
    symmetric: Tensor = (floored + floored.mT).mul(0.5)
    return symmetric
