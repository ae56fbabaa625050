"""Power sums of frames, and the Gaussians that they make most likely above a variance floor.

Four shapes of covariance, from few parameters to many. What is stored of n Gaussians over dim
numbers: "spherical" (n,), one variance for every direction; "diagonal" (n, dim), one for each
axis; "tied" (dim, dim), one matrix that all share; "full" (n, dim, dim), a matrix each.
"""

from dataclasses import dataclass
from typing import Literal, no_type_check

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.compiled_loops import compiled

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
    # In numpy: on so few numbers torch takes three times as long to start its operations.
    given = (*sums.tensors(), mean, covariance, least_variance)
    arrays = _Fit(*(each.numpy(force=True) for each in given))
    new = _axes(arrays) if shape in ("spherical", "diagonal") else _matrices(arrays, shape)
    return torch.from_numpy(new[0]).to(mean.device), torch.from_numpy(new[1]).to(mean.device)


@dataclass(frozen=True)
class _Fit:
    """Power sums, the parameters as they are, and the floor."""

    weight: np.ndarray
    first: np.ndarray
    second: np.ndarray
    mean: np.ndarray
    covariance: np.ndarray
    floor: np.ndarray


def _axes(fit: _Fit) -> tuple[np.ndarray, np.ndarray]:
    """Fit Gaussians whose axes are those of the frames."""
    mean, variance = fit.mean.copy(), fit.covariance.copy()
    # A column for each variance.
    second, own = fit.second.reshape(len(mean), -1), variance.reshape(len(mean), -1)
    floor = fit.floor if fit.second.ndim == 2 else fit.floor.mean(keepdims=True)
    compiled(_fit_axes)(fit.weight, np.ascontiguousarray(fit.first), second, floor, mean, own)
    return mean, variance


@no_type_check
def _fit_axes(weight, first, second, floor, mean, variance):
    """Set means, and variances of one dimension or of all together, of who has a frame."""
    dim, n_own = first.shape[1], second.shape[1]
    for which in range(len(weight)):
        if not weight[which] > 0:
            continue
        square = 0.0
        for at in range(dim):
            mean[which, at] = first[which, at] / weight[which]
            square += mean[which, at] ** 2
        for at in range(n_own):
            taken = mean[which, at] ** 2 if n_own == dim else square
            spread = (second[which, at] / weight[which] - taken) / (dim // n_own)
            variance[which, at] = max(spread, floor[at])


def _matrices(fit: _Fit, shape: Shape) -> tuple[np.ndarray, np.ndarray]:
    """Fit Gaussians that are turned against the axes."""
    is_empty = ~(fit.weight > 0)
    is_any_empty = is_empty.any()
    weight = np.where(is_empty, 1.0, fit.weight) if is_any_empty else fit.weight
    mean = fit.first / weight[:, None]
    if is_any_empty:
        mean[is_empty] = fit.mean[is_empty]
    if shape == "tied":
        total = fit.weight.sum()
        if not total > 0:
            return mean, fit.covariance.copy()
        # Who has no frame adds nothing: its sum is 0.
        return mean, _above_floor((fit.second - fit.first.T @ mean) / total, fit.floor)
    outer = mean[:, :, None] * mean[:, None, :]
    covariance = _above_floor(fit.second / weight[:, None, None] - outer, fit.floor)
    if is_any_empty:
        covariance[is_empty] = fit.covariance[is_empty]
    return mean, covariance


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
    above = _above_floor(covariance.numpy(force=True), least_variance.numpy(force=True))
    return torch.from_numpy(above).to(covariance.device)


def _above_floor(covariance: np.ndarray, least_variance: np.ndarray) -> np.ndarray:
    """Do what `floor_eigenvalues` says."""
    symmetric: np.ndarray = 0.5 * (covariance + covariance.swapaxes(-1, -2))
    try:
        # Cheaper than eigenvalues, and most of the time all are above the floor.
        np.linalg.cholesky(symmetric - np.diag(least_variance))
    except np.linalg.LinAlgError:
        unit = np.sqrt(least_variance)
        values, vectors = np.linalg.eigh(symmetric / unit[:, None] / unit)
        raised = vectors * np.maximum(values, 1.0)[..., None, :]
        lifted = raised @ vectors.swapaxes(-1, -2) * unit[:, None] * unit
        symmetric = 0.5 * (lifted + lifted.swapaxes(-1, -2))
    return symmetric
