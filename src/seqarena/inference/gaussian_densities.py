"""Gaussians prepared for many frames, in three ways; all answer the same questions.

`features` says what they ask of a frame, `log_density` turns that into log-densities (one row for
each Gaussian, one column for each frame), `corrected` gives back what rounding took off their sum,
and `n_rows` how tall the largest matrix is.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.inference.gaussian_features import CentredFrames, QuadraticFeatures, in_chunks


@dataclass(frozen=True)
class LinearDensities:
    """Log-densities that are linear in the features of a frame: one matrix product."""

    features: QuadraticFeatures
    coefficients: Float[Tensor, "n rows"]
    exact: Float[Tensor, "n rows"]
    """The coefficients in 64 bits."""

    @classmethod
    def of(
        cls, features: QuadraticFeatures, coefficients: Float[Tensor, "n rows"]
    ) -> "LinearDensities":
        """Round the coefficients to the arithmetic of the features."""
        return cls(features, coefficients.to(features.centre.dtype), coefficients)

    @property
    def n_rows(self) -> int:
        """Return rows of the largest matrix."""
        return max(self.coefficients.shape)

    @property
    def is_exact(self) -> bool:
        """Return whether the arithmetic is in 64 bits."""
        return self.coefficients is self.exact

    def log_density(self, features: Float[Tensor, "rows steps"]) -> Float[Tensor, "n steps"]:
        """Return log-densities [nats]."""
        return self.coefficients @ features

    def of_few(self, features: Float[np.ndarray, "rows steps"]) -> Float[np.ndarray, "n steps"]:
        """Return the same in numpy and 64 bits."""
        log_density: np.ndarray = self.exact.numpy() @ features
        return log_density

    def corrected(self, log_likelihood: Tensor, moments: tuple[Tensor, ...]) -> Float[Tensor, ""]:
        """Give back what rounded coefficients took off, to first order [nats]."""
        if self.is_exact:
            return log_likelihood
        return log_likelihood + ((self.exact - self.coefficients) * moments[0]).sum()


@dataclass(frozen=True)
class TiedDensities:
    """Log-densities under one covariance: distances between points, once it is divided out."""

    features: CentredFrames
    white: Float[Tensor, "dim dim"]
    """Inverse of the covariance's Cholesky factor."""
    mean: Float[Tensor, "n dim"]
    """Whitened."""
    constant: Float[Tensor, "n 1"]

    @property
    def n_rows(self) -> int:
        """Return rows of the largest matrix."""
        return max(self.mean.shape)

    def log_density(self, features: Float[Tensor, "dim steps"]) -> Float[Tensor, "n steps"]:
        """Return log-densities [nats]."""
        white = self.white @ features
        return torch.addmm(self.constant, self.mean, white).sub_(
            white.square().sum(dim=0).mul_(0.5)
        )

    @property
    def is_exact(self) -> bool:
        """Return whether the arithmetic is in 64 bits."""
        return self.white.dtype == torch.float64

    def of_few(self, features: Float[np.ndarray, "dim steps"]) -> Float[np.ndarray, "n steps"]:
        """Return the same in numpy, of densities in 64 bits."""
        white = self.white.numpy() @ features
        log_density: np.ndarray = self.mean.numpy() @ white
        log_density += self.constant.numpy()
        log_density -= 0.5 * np.square(white).sum(axis=0)
        return log_density

    def corrected(self, log_likelihood: Tensor, moments: tuple[Tensor, ...]) -> Float[Tensor, ""]:
        """Return it as it is: distances between whitened points lose next to nothing [nats]."""
        del moments
        return log_likelihood


@dataclass(frozen=True)
class WhitenedDensities:
    """Log-densities by whitening each frame for each Gaussian: nothing large cancels."""

    features: CentredFrames
    white: Float[Tensor, "n_times_dim dim"]
    """Inverses of the covariances' Cholesky factors, one below the other."""
    mean: Float[Tensor, "n_times_dim 1"]
    """Whitened, times -1."""
    constant: Float[Tensor, "n 1"]

    @property
    def n_rows(self) -> int:
        """Return rows of the largest matrix."""
        return len(self.white)

    def log_density(self, features: Float[Tensor, "dim steps"]) -> Float[Tensor, "n steps"]:
        """Return log-densities [nats]."""
        white = torch.addmm(self.mean, self.white, features).square_()
        distance = white.view(len(self.constant), *features.shape).sum(dim=1)
        return torch.add(self.constant, distance, alpha=-0.5)

    def corrected(self, log_likelihood: Tensor, moments: tuple[Tensor, ...]) -> Float[Tensor, ""]:
        """Return it as it is: distances between whitened points lose next to nothing [nats]."""
        del moments
        return log_likelihood


Densities = LinearDensities | TiedDensities | WhitenedDensities


def log_densities(
    densities: Densities, frames: Float[Tensor, "steps dim"]
) -> Float[Tensor, "steps n"]:
    """Return the log-densities of frames under prepared Gaussians, a chunk at a time [nats]."""
    features = densities.features
    chunks = in_chunks(frames, densities.n_rows)
    parts = [densities.log_density(features.of(chunk)).T.contiguous() for chunk in chunks]
    return parts[0] if len(parts) == 1 else torch.cat(parts)
