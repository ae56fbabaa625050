"""Gaussian densities of frames. Several Gaussians at once, one for each state or component."""

import math
from typing import no_type_check

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.errors import DataError
from seqarena.inference.compiled_loops import compiled
from seqarena.inference.gaussian_densities import (
    Densities,
    LinearDensities,
    TiedDensities,
    WhitenedDensities,
    log_densities,
)
from seqarena.inference.gaussian_features import (
    CentredFrames,
    QuadraticFeatures,
    features_for,
    pairs,
)
from seqarena.inference.gaussian_fit import Shape

# What rounding may cost the log-density of a frame that is typical of its Gaussian, when the square
# is expanded [nats]. What could cost more is done in 64 bits, or by whitening.
_ROUNDING = {torch.float32: 2e-4, torch.float64: 1e-10}
_HALF_AN_ULP = {dtype: 0.5 * torch.finfo(dtype).eps for dtype in _ROUNDING}
# Variances that 32 bits hold together with their inverses and squares.
_SMALLEST, _LARGEST = 1e-30, 1e30
# Stands for the log of a weight of 0: times 1, and added to anything, it stays finite in 32 bits.
_NOTHING = -1e30


def densities_of(
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "..."],
    shape: Shape,
    origin: Float[Tensor, "dim"],
    dtype: torch.dtype,
    log_weight: Float[Tensor, "n"] | None = None,
) -> Densities:
    """Prepare n Gaussians for many frames.

    The square is expanded into products of numbers about `origin`, so that one matrix product gives
    all densities. How many digits that cancels is known beforehand: where more than 2e-4 nats could
    be lost in 32 bits, or where a variance leaves their range, the arithmetic is in 64 bits; where
    more than 1e-10 could be lost even there, every frame is whitened instead.

    Args:
        mean: of each Gaussian.
        covariance: stored as `shape` says.
        shape: of the covariances.
        origin: somewhere amid the frames.
        dtype: arithmetic to use if it is exact enough; `features.centre.dtype` tells what is used.
        log_weight: added to the log-density of each Gaussian [nats].

    Raises:
        DataError: a covariance is singular, or not positive.
    """
    level = -0.5 * mean.shape[1] * math.log(2.0 * math.pi)
    share = 0.0 if log_weight is None else np.maximum(log_weight.numpy(force=True), _NOTHING)
    prepare = _of_axes if shape in ("spherical", "diagonal") else _of_matrices
    return prepare(mean, covariance, shape, level + share, origin.to(dtype))


def log_density(
    frames: Float[Tensor, "steps dim"],
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "..."],
    shape: Shape,
) -> Float[Tensor, "steps n"]:
    """Log N(frame; mean, covariance) of every frame under every Gaussian, in 64 bits [nats].

    O(steps · n · dim) time for spherical and diagonal covariances, O(steps · dim · (n + dim)) for
    tied, O(steps · n · dim²) for full ones.

    Raises:
        DataError: a covariance is singular, or not positive.
    """
    densities = densities_of(mean, covariance, shape, mean.mean(dim=0), torch.float64)
    return log_densities(densities, frames)


def _of_axes(
    mean: Tensor, covariance: Tensor, shape: Shape, constant: np.ndarray | float, origin: Tensor
) -> Densities:
    """Prepare Gaussians whose axes are those of the frames.

    In one loop: on so few numbers torch takes many times as long to start its operations.
    """
    offset = mean.numpy(force=True) - origin.double().numpy(force=True)
    variance = covariance.numpy(force=True).reshape(len(offset), -1)
    coefficients = np.empty((len(offset), 1 + offset.shape[1] + variance.shape[1]))
    level = np.zeros(len(offset)) + constant
    lowest, highest, distance = compiled(_axes)(offset, variance, level, coefficients)
    if not lowest > 0:
        raise _not_positive(covariance)
    dtype = _arithmetic(distance + offset.shape[1], (lowest, highest), origin.dtype)
    if dtype is None:
        white = np.sqrt(1.0 / variance)[..., None] * np.eye(offset.shape[1])
        return _whitened(offset, white, level, CentredFrames(origin.double(), shape))
    features = QuadraticFeatures(origin.to(dtype), shape)
    return LinearDensities.of(features, torch.from_numpy(coefficients).to(mean.device))


@no_type_check
def _axes(offset, variance, level, coefficients):
    """Fill in the coefficients of 1, z_i and z_i², and log-densities at the means into `level`.

    Returns the lowest and the highest variance, and the largest squared distance of a mean; or at
    once, where a variance is not above 0, that one.
    """
    dim, n_own = offset.shape[1], variance.shape[1]
    lowest, highest, farthest = np.inf, -np.inf, 0.0
    for which in range(len(offset)):
        distance = 0.0
        for at in range(dim):
            own = variance[which, at if n_own == dim else 0]
            slope = offset[which, at] / own
            coefficients[which, 1 + at] = slope
            distance += slope * offset[which, at]
        for at in range(n_own):
            own = variance[which, at]
            if not own > 0:
                return own, own, farthest
            lowest, highest = min(lowest, own), max(highest, own)
            coefficients[which, 1 + dim + at] = -0.5 / own
            level[which] -= 0.5 * (dim // n_own) * np.log(own)
        coefficients[which, 0] = level[which] - 0.5 * distance
        farthest = max(farthest, distance)
    return lowest, highest, farthest


def _of_matrices(
    mean: Tensor, covariance: Tensor, shape: Shape, constant: np.ndarray | float, origin: Tensor
) -> Densities:
    """Prepare Gaussians that are turned against the axes, in numpy."""
    offset = mean.numpy(force=True) - origin.double().numpy(force=True)
    matrices = covariance.numpy(force=True).reshape(-1, offset.shape[1], offset.shape[1])
    try:
        factor = np.linalg.cholesky(matrices)
    except np.linalg.LinAlgError:
        raise _singular(matrices, shape) from None
    white = np.linalg.inv(factor)
    precision = white.swapaxes(1, 2) @ white
    variance = np.diagonal(matrices, axis1=1, axis2=2)
    # Sizes of the terms that the expanded square adds up, at one standard deviation.
    size = np.sqrt(np.square(offset) + variance)
    reach = ((size[:, None] @ np.abs(precision))[:, 0] * size).sum(axis=1)
    extremes = float(variance.min()), float(variance.max())
    dtype = _arithmetic(float(reach.max()), extremes, origin.dtype)
    level = constant - np.log(np.diagonal(factor, axis1=1, axis2=2)).sum(axis=1)
    features = features_for(shape, len(offset), origin.to(dtype or torch.float64))
    if isinstance(features, QuadraticFeatures) and dtype is not None:
        return _linear(offset, precision, level, features)
    features = CentredFrames(features.centre, shape)
    if shape == "tied" and dtype is not None:
        return _tied(offset, white[0], level, features)
    n_each = len(offset) // len(white)
    return _whitened(offset, np.repeat(white, n_each, axis=0), level, features)


def _arithmetic(
    reach: float, extremes: tuple[float, float], wanted: torch.dtype
) -> torch.dtype | None:
    """Return in which arithmetic the square may be expanded; None: in neither."""
    lowest, highest = extremes
    fits = {torch.float32: _SMALLEST < lowest and highest < _LARGEST, torch.float64: True}
    for dtype in (torch.float32, torch.float64)[0 if wanted == torch.float32 else 1 :]:
        if fits[dtype] and _HALF_AN_ULP[dtype] * reach < _ROUNDING[dtype]:
            return dtype
    return None


def _linear(
    offset: np.ndarray, precision: np.ndarray, constant: np.ndarray, features: QuadraticFeatures
) -> LinearDensities:
    """Write log-densities as sums of 1, z_i and z_i z_j: -z'Pz/2 + (Pm)'z - m'Pm/2 + constant."""
    row, column = pairs(offset.shape[1])
    # Every pair stands for two entries of the matrix, and those of the diagonal for one.
    products = np.where(row == column, -0.5, -1.0) * precision[:, row, column]
    slope = (precision @ offset[:, :, None])[:, :, 0]
    level = constant - 0.5 * (slope * offset).sum(axis=1)
    coefficients = np.concatenate([level[:, None], slope, products], axis=1)
    return LinearDensities.of(features, _tensor(coefficients, features.centre))


def _tied(
    offset: np.ndarray, white: np.ndarray, constant: np.ndarray, features: CentredFrames
) -> TiedDensities:
    mean = offset @ white.T
    level = (constant - 0.5 * np.square(mean).sum(axis=1))[:, None]
    parts = (_tensor(each, features.centre) for each in (white, mean, level))
    return TiedDensities(features, *(each.to(features.centre.dtype) for each in parts))


def _whitened(
    offset: np.ndarray, white: np.ndarray, constant: np.ndarray, features: CentredFrames
) -> WhitenedDensities:
    dim = offset.shape[1]
    mean = -(white @ offset[:, :, None]).reshape(-1, 1)
    parts = (white.reshape(-1, dim), mean, (np.zeros(len(offset)) + constant)[:, None])
    tensors = (_tensor(each, features.centre) for each in parts)
    return WhitenedDensities(features, *(each.to(features.centre.dtype) for each in tensors))


def _tensor(array: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(array)).to(like.device)


def _not_positive(variance: Tensor) -> DataError:
    """Say which variance is not above 0."""
    which, *dimension = (~(variance > 0)).nonzero()[0].tolist()
    what = f"the variance of dimension {dimension[0]}" if dimension else "its variance"
    value = variance[(which, *dimension)].item()
    return DataError(
        f"Gaussian {which}: {what} is {value:g}, and must be above 0; "
        "use fewer components or states, or a higher variance_floor."
    )


def _singular(matrices: np.ndarray, shape: Shape) -> DataError:
    """Say which covariance is singular."""
    lowest = np.linalg.eigvalsh(matrices)[:, 0]
    which = int(np.flatnonzero(~(lowest > 0))[0]) if (~(lowest > 0)).any() else int(lowest.argmin())
    what = "the tied covariance" if shape == "tied" else f"Gaussian {which}: its covariance"
    return DataError(
        f"{what} is singular (lowest eigenvalue {lowest[which]:g}); use fewer components or "
        "states, a higher variance_floor, or covariance: diagonal."
    )
