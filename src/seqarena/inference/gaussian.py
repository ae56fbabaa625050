"""Gaussian densities of frames. Several Gaussians at once, one for each state or component.

Four shapes of covariance, from few parameters to many. What is stored of n Gaussians over dim
numbers: "spherical" (n,), one variance for every direction; "diagonal" (n, dim), one for each
axis; "tied" (dim, dim), one matrix that all share; "full" (n, dim, dim), a matrix each.
"""

import math
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.errors import DataError

Shape = Literal["spherical", "diagonal", "tied", "full"]


def log_density(
    frames: Float[Tensor, "steps dim"],
    mean: Float[Tensor, "n dim"],
    covariance: Float[Tensor, "..."],
    shape: Shape,
) -> Float[Tensor, "steps n"]:
    """Log N(frame; mean, covariance) of every frame under every Gaussian [nats].

    O(steps · n · dim) time for spherical and diagonal covariances, O(steps · dim · (n + dim)) for
    tied, O(steps · n · dim²) for full ones.

    Raises:
        DataError: a covariance is singular, or not positive.
    """
    match shape:
        case "spherical":
            variance = covariance[:, None].expand_as(mean)
            return _log_density_diagonal(frames, mean, variance, "its variance")
        case "diagonal":
            return _log_density_diagonal(frames, mean, covariance, "the variance of dimension {}")
        case "tied":
            return _log_density_tied(frames, mean, covariance)
        case "full":
            return _log_density_full(frames, mean, covariance)


def _log_density_diagonal(frames: Tensor, mean: Tensor, variance: Tensor, what: str) -> Tensor:
    bad = (~(variance > 0)).nonzero().tolist()
    if bad:
        which, dimension = bad[0]
        raise DataError(
            f"Gaussian {which}: {what.format(dimension)} is "
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


def _log_density_tied(frames: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    factor = _factor(covariance[None], "the tied covariance")[0]
    centre = mean.mean(dim=0)
    # In units of the common covariance all that is left is the distance between points.
    white, mean = (
        torch.linalg.solve_triangular(factor, (points - centre).T, upper=False).T
        for points in (frames, mean)
    )
    distance = (
        white.square().sum(dim=1, keepdim=True) - 2.0 * (white @ mean.T) + mean.square().sum(dim=1)
    )
    log_norm = 2.0 * factor.diagonal().log().sum() + mean.shape[1] * math.log(2.0 * math.pi)
    log_prob: Tensor = (distance.clamp(min=0.0) + log_norm).mul(-0.5)
    return log_prob


def _log_density_full(frames: Tensor, mean: Tensor, covariance: Tensor) -> Tensor:
    factor = _factor(covariance, "its covariance")
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


def _factor(covariance: Tensor, what: str) -> Tensor:
    """Return the Cholesky factor of each covariance."""
    factor, failed = torch.linalg.cholesky_ex(covariance)
    for which in failed.nonzero()[:1, 0].tolist():
        lowest = torch.linalg.eigvalsh(covariance[which])[0].item()
        whose = f"Gaussian {which}: {what}" if what == "its covariance" else what
        raise DataError(
            f"{whose} is singular (lowest eigenvalue {lowest:g}); "
            "use fewer components or states, a higher variance_floor, or covariance: diagonal."
        )
    lower: Tensor = factor
    return lower
