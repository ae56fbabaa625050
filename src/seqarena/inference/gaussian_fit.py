"""Moments of frames, and the Gaussians that they make most likely above a variance floor."""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.gaussian import Shape


@dataclass(frozen=True)
class GaussianSums:
    """Weighted power sums of frames about a fixed origin, for each Gaussian; they add."""

    weight: Float[Tensor, "n"]
    first: Float[Tensor, "n dim"]
    second: Float[Tensor, "..."]
    """Of squared lengths (spherical, n), squares (diagonal, n dim), outer products (full, n dim
    dim), or outer products over all Gaussians (tied, dim dim)."""

    @classmethod
    def none(cls, n: int, dim: int, shape: Shape, device: torch.device) -> "GaussianSums":
        """Return the sums of no frame."""
        second = {
            "spherical": (n,),
            "diagonal": (n, dim),
            "tied": (dim, dim),
            "full": (n, dim, dim),
        }
        zeros = [
            torch.zeros(size, dtype=torch.float64, device=device)
            for size in ((n,), (n, dim), second[shape])
        ]
        return cls(*zeros)

    @classmethod
    def of(
        cls,
        frames: Float[Tensor, "steps dim"],
        origin: Float[Tensor, "dim"],
        responsibility: Float[Tensor, "steps n"],
        shape: Shape,
        chunk: int = 8192,
    ) -> "GaussianSums":
        """Sum the powers of frames about `origin`, in 64 bits, a chunk at a time."""
        total = cls.none(responsibility.shape[1], frames.shape[1], shape, frames.device)
        for part, share in zip(
            torch.split(frames, chunk), torch.split(responsibility, chunk), strict=True
        ):
            total = total + _sums(part.double() - origin, share.double(), shape)
        return total

    def __add__(self, other: "GaussianSums") -> "GaussianSums":
        return GaussianSums(
            self.weight + other.weight, self.first + other.first, self.second + other.second
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.weight, self.first, self.second]


def _sums(frames: Tensor, share: Tensor, shape: Shape) -> GaussianSums:
    n, dim = share.shape[1], frames.shape[1]
    match shape:
        case "spherical":
            second = (share.T @ frames.square().sum(dim=1, keepdim=True))[:, 0]
        case "diagonal":
            second = (frames.square().T @ share).T.contiguous()
        case "tied":
            second = frames.T @ (frames * share.sum(dim=1, keepdim=True))
        case "full":
            powers = (frames[:, :, None] * frames[:, None, :]).flatten(1)
            second = (powers.T @ share).T.reshape(n, dim, dim)
    # (X' @ share)' and not share' @ X: ten times faster when dim is far below n.
    return GaussianSums(share.sum(dim=0), (frames.T @ share).T.contiguous(), second)


def fit_gaussians(
    sums: GaussianSums,
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "..."],
    least_variance: Float[Tensor, "dim"],
    shape: Shape,
) -> tuple[Float[Tensor, "n dim"], Float[Tensor, "..."]]:
    """Most likely means (about the origin) and covariances, none below the floor.

    The exact maximum among the covariances that `floored` allows, so that the floor never lets the
    likelihood of EM fall. A Gaussian to which no frame belongs keeps its old `mean`, and its old
    `covariance` where it has one of its own.
    """
    seen = sums.weight > 0
    weight = sums.weight.where(seen, 1.0)
    new_mean = sums.first / weight[:, None]
    if shape == "tied":
        total = sums.weight.sum()
        spread = (sums.second - sums.first.T @ new_mean) / total.where(total > 0, 1.0)
        kept = total > 0
    else:
        square = _square(new_mean, shape)
        kept = seen.view(-1, *[1] * (square.dim() - 1))
        spread = sums.second / weight.view(kept.shape) - square
    if shape == "spherical":
        spread = spread / mean.shape[1]
    new_covariance = floored(spread, least_variance, shape)
    return new_mean.where(seen[:, None], mean), new_covariance.where(kept, covariance)


def _square(mean: Tensor, shape: Shape) -> Tensor:
    if shape == "spherical":
        return mean.square().sum(dim=1)
    return mean.square() if shape == "diagonal" else mean[:, :, None] * mean[:, None, :]


def floored(
    covariance: Float[Tensor, "..."], least_variance: Float[Tensor, "dim"], shape: Shape
) -> Float[Tensor, "..."]:
    """Return the most likely covariances above the floor, given those without one.

    Spherical: the variance is at least the mean of `least_variance`. Diagonal: each variance is at
    least its own. Tied and full: S - diag(least_variance) is positive semi-definite. The
    log-likelihood of a variance has one peak, so below the floor the bound itself is best; matrices
    as in `floor_eigenvalues`.
    """
    match shape:
        case "spherical":
            return covariance.clamp(min=least_variance.mean().item())
        case "diagonal":
            return covariance.maximum(least_variance)
        case "tied" | "full":
            return floor_eigenvalues(covariance, least_variance)


def floor_eigenvalues(
    covariance: Float[Tensor, "... dim dim"], least_variance: Float[Tensor, "dim"]
) -> Float[Tensor, "... dim dim"]:
    """Raise the eigenvalues that are below 1 once each axis is measured in units of its floor."""
    unit = least_variance.sqrt()
    scaled = covariance / unit[:, None] / unit
    values, vectors = torch.linalg.eigh(0.5 * (scaled + scaled.mT))
    if bool((values >= 1.0).all()):
        return 0.5 * (covariance + covariance.mT)
    lifted = (vectors * values.clamp(min=1.0)[..., None, :]) @ vectors.mT * unit[:, None] * unit
    symmetric: Tensor = (lifted + lifted.mT).mul(0.5)
    return symmetric
