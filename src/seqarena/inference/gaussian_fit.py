"""Power sums of frames, and the Gaussians that they make most likely above a variance floor.

Four shapes of covariance, from few parameters to many. What is stored of n Gaussians over dim
numbers: "spherical" (n,), one variance for every direction; "diagonal" (n, dim), one for each
axis; "tied" (dim, dim), one matrix that all share; "full" (n, dim, dim), a matrix each.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

Shape = Literal["spherical", "diagonal", "tied", "full"]


@dataclass(frozen=True)
class GaussianSums:
    """Weighted power sums of frames about a fixed origin, for each Gaussian; they add."""

    weight: Float[Tensor, "n"]
    first: Float[Tensor, "n dim"]
    second: Float[Tensor, "..."]
    """Of squared lengths (spherical, n), squares (diagonal, n dim), outer products (full, n dim
    dim), or outer products over all Gaussians (tied, dim dim)."""

    def __add__(self, other: "GaussianSums") -> "GaussianSums":
        return GaussianSums(
            self.weight + other.weight, self.first + other.first, self.second + other.second
        )

    def tensors(self) -> list[Tensor]:
        """Return every tensor, in the order of the fields."""
        return [self.weight, self.first, self.second]


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
    if shape in ("spherical", "diagonal"):
        return _fit_axes(sums, mean, covariance, least_variance)
    if float(sums.weight.min()) > 0:
        return _most_likely(sums, sums.weight, least_variance, shape)
    seen = sums.weight > 0
    new = _most_likely(sums, sums.weight.where(seen, 1.0), least_variance, shape)
    kept = seen.any() if shape == "tied" else seen.view(-1, *[1] * (covariance.dim() - 1))
    return new[0].where(seen[:, None], mean), new[1].where(kept, covariance)


def _fit_axes(
    sums: GaussianSums, mean: Tensor, covariance: Tensor, least_variance: Tensor
) -> tuple[Tensor, Tensor]:
    """Fit Gaussians whose axes are those of the frames, in numpy: these are few numbers."""
    weight, first, second, floor, old_mean, old_variance = (
        each.numpy(force=True) for each in (*sums.tensors(), least_variance, mean, covariance)
    )
    is_empty = ~(weight > 0)
    is_any_empty = is_empty.any()
    if is_any_empty:
        weight = np.where(is_empty, 1.0, weight)
    new_mean = first / weight[:, None]
    if second.ndim == 1:
        spread = second / weight - np.square(new_mean).sum(axis=1)
        variance = np.maximum(spread / len(floor), floor.mean())
    else:
        variance = np.maximum(second / weight[:, None] - np.square(new_mean), floor)
    if is_any_empty:
        new_mean[is_empty] = old_mean[is_empty]
        variance[is_empty] = old_variance[is_empty]
    return torch.from_numpy(new_mean).to(mean.device), torch.from_numpy(variance).to(mean.device)


def _most_likely(
    sums: GaussianSums, weight: Tensor, least_variance: Tensor, shape: Shape
) -> tuple[Tensor, Tensor]:
    """Return means and tied or full covariances, given weights that are above 0."""
    mean = sums.first / weight[:, None]
    if shape == "tied":
        # Of the frames that there are; 1 stands for no frame in `weight`.
        total = sums.weight.sum()
        spread = (sums.second - sums.first.T @ mean) / total.where(total > 0, 1.0)
    else:
        spread = sums.second / weight[:, None, None] - mean[:, :, None] * mean[:, None, :]
    return mean, floored(spread, least_variance, shape)


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
    symmetric: Tensor = 0.5 * (covariance + covariance.mT)
    # Cheaper than eigenvalues, and most of the time all are above the floor.
    if not bool(torch.linalg.cholesky_ex(symmetric - torch.diag(least_variance)).info.any()):
        return symmetric
    unit = least_variance.sqrt()
    values, vectors = torch.linalg.eigh(symmetric / unit[:, None] / unit)
    lifted = (vectors * values.clamp(min=1.0)[..., None, :]) @ vectors.mT * unit[:, None] * unit
    symmetric = (lifted + lifted.mT).mul(0.5)
    return symmetric
