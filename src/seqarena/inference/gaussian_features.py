"""What Gaussians ask of a frame, so that densities and power sums become matrix products.

Frames are columns here, (rows, steps): what runs over dimensions or Gaussians then runs over whole
rows of memory, and products of short matrices stay fast.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from seqarena.inference.gaussian_fit import GaussianSums, Shape

# Most and fewest frames of one product, and numbers of its largest matrix, which is to stay in the
# processor's cache.
_MOST, _FEWEST, _NUMBERS = 8192, 1024, 2**18


@dataclass(frozen=True)
class QuadraticFeatures:
    """1, every number of the frame, and the products that the shape asks for, about a centre.

    The products are: of each number with itself (diagonal), their sum (spherical), or of every
    pair (full).
    """

    centre: Float[Tensor, "dim"]
    """What is taken off every frame; its dtype is that of the arithmetic."""
    shape: Shape

    @property
    def n_rows(self) -> int:
        """Return how many numbers describe one frame."""
        dim = len(self.centre)
        match self.shape:
            case "spherical":
                return dim + 2
            case "diagonal":
                return 2 * dim + 1
            case _:
                return dim + 1 + dim * (dim + 1) // 2

    def of(self, frames: Float[Tensor, "steps dim"]) -> Float[Tensor, "rows steps"]:
        """Return the features of each frame, as a column."""
        rows = self.centre.new_empty(self.n_rows, len(frames))
        dim = len(self.centre)
        rows[0] = 1.0
        centred, powers = rows[1 : dim + 1], rows[dim + 1 :]
        torch.sub(frames.T, self.centre[:, None], out=centred)
        match self.shape:
            case "spherical":
                torch.sum(centred.square(), dim=0, keepdim=True, out=powers)
            case "diagonal":
                torch.mul(centred, centred, out=powers)
            case _:
                row, column = (torch.from_numpy(each).to(rows.device) for each in pairs(dim))
                torch.mul(centred.index_select(0, row), centred.index_select(0, column), out=powers)
        return rows

    def of_few(self, frames: Float[np.ndarray, "steps dim"]) -> Float[np.ndarray, "rows steps"]:
        """Return the same in numpy and 64 bits: quicker for few frames."""
        rows = np.empty((self.n_rows, len(frames)))
        dim = frames.shape[1]
        rows[0] = 1.0
        centred, powers = rows[1 : dim + 1], rows[dim + 1 :]
        np.subtract(frames.T, self.centre.numpy()[:, None], out=centred)
        match self.shape:
            case "spherical":
                np.sum(np.square(centred), axis=0, keepdims=True, out=powers)
            case "diagonal":
                np.multiply(centred, centred, out=powers)
            case _:
                row, column = pairs(dim)
                np.multiply(centred[row], centred[column], out=powers)
        return rows

    def sums_of_few(
        self, features: Float[np.ndarray, "rows steps"], share: Float[np.ndarray, "n steps"]
    ) -> GaussianSums:
        """Return the power sums of a few frames of which each Gaussian has a share."""
        total, dim = share @ features.T, len(self.centre)
        if self.shape == "full":
            return self.sums((torch.from_numpy(total),))
        second = total[:, dim + 1] if self.shape == "spherical" else total[:, dim + 1 :]
        parts = total[:, 0], total[:, 1 : dim + 1], second
        return GaussianSums(*(torch.from_numpy(part) for part in parts))

    def moments(
        self, features: Float[Tensor, "rows steps"], share: Float[Tensor, "n steps"]
    ) -> tuple[Tensor, ...]:
        """Return the sums of the features of each Gaussian, in the arithmetic of the features."""
        return (_product(share, features),)

    def sums(self, moments: tuple[Tensor, ...]) -> GaussianSums:
        """Return the same as power sums."""
        dim = self.centre.shape[0]
        total = moments[0].double()
        weight, first, powers = total[:, 0], total[:, 1 : dim + 1], total[:, dim + 1 :]
        second = powers[:, 0] if self.shape == "spherical" else powers
        if self.shape == "full":
            entries = torch.from_numpy(_pair_of_entry(dim)).to(powers.device)
            second = powers.index_select(1, entries).view(-1, dim, dim)
        return GaussianSums(weight, first, second)


@dataclass(frozen=True)
class CentredFrames:
    """The frame itself, about a centre: what whitening starts from."""

    centre: Float[Tensor, "dim"]
    """What is taken off every frame; its dtype is that of the arithmetic."""
    shape: Shape

    @property
    def n_rows(self) -> int:
        """Return how many numbers describe one frame."""
        return len(self.centre)

    def of(self, frames: Float[Tensor, "steps dim"]) -> Float[Tensor, "dim steps"]:
        """Return each frame as a column."""
        centred = self.centre.new_empty(len(self.centre), len(frames))
        return torch.sub(frames.T, self.centre[:, None], out=centred)

    def of_few(self, frames: Float[np.ndarray, "steps dim"]) -> Float[np.ndarray, "dim steps"]:
        """Return the same in numpy and 64 bits: quicker for few frames."""
        centred: np.ndarray = frames.T - self.centre.numpy()[:, None]
        return centred

    def sums_of_few(
        self, features: Float[np.ndarray, "dim steps"], share: Float[np.ndarray, "n steps"]
    ) -> GaussianSums:
        """Return the power sums of a few frames under one tied covariance."""
        scatter = (features * share.sum(axis=0)) @ features.T
        moments = share.sum(axis=1), share @ features.T, scatter
        return GaussianSums(*(torch.from_numpy(moment) for moment in moments))

    def moments(
        self, features: Float[Tensor, "dim steps"], share: Float[Tensor, "n steps"]
    ) -> tuple[Tensor, ...]:
        """Return weights, sums and scatters, in the arithmetic of the features."""
        weight, first = share.sum(dim=1), _product(share, features)
        if self.shape == "tied":
            return weight, first, (features * share.sum(dim=0)) @ features.T
        weighted = (share[:, None] * features).flatten(0, 1)
        return weight, first, weighted @ features.T

    def sums(self, moments: tuple[Tensor, ...]) -> GaussianSums:
        """Return the same as power sums."""
        weight, first, scatter = (moment.double() for moment in moments)
        if self.shape == "tied":
            return GaussianSums(weight, first, scatter)
        scatter = scatter.view(*first.shape, -1)
        match self.shape:
            case "spherical":
                scatter = scatter.diagonal(dim1=1, dim2=2).sum(dim=1)
            case "diagonal":
                scatter = scatter.diagonal(dim1=1, dim2=2).contiguous()
        return GaussianSums(weight, first, scatter)


Features = QuadraticFeatures | CentredFrames


def features_for(shape: Shape, n: int, centre: Float[Tensor, "dim"]) -> Features:
    """Return the cheaper description of frames for n Gaussians.

    Products of all pairs cost dim² / 2 numbers for a frame, whitening costs n · dim.
    """
    if shape == "tied" or (shape == "full" and len(centre) > 2 * n):
        return CentredFrames(centre, shape)
    return QuadraticFeatures(centre, shape)


@cache
def pairs(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the row and the column of every entry on or above a matrix's diagonal."""
    return np.triu_indices(dim)


@cache
def _pair_of_entry(dim: int) -> Int[np.ndarray, "entries"]:
    """Return which of `pairs` each entry of a symmetric matrix is."""
    place, (row, column) = np.empty((dim, dim), dtype=np.int64), pairs(dim)
    place[row, column] = place[column, row] = np.arange(len(row))
    return place.ravel()


def chunk_size(n_rows: int) -> int:
    """Return how many frames to take at once when each needs so many numbers."""
    return max(_FEWEST, min(_MOST, _NUMBERS // n_rows))


def in_chunks(frames: Float[Tensor, "steps any"], n_rows: int) -> tuple[Tensor, ...]:
    """Split frames of which each needs so many numbers; few stay as they are."""
    size = chunk_size(n_rows)
    return (frames,) if len(frames) <= size else torch.split(frames, size)


def power_sums(
    frames: Float[Tensor, "steps dim"],
    share: Float[Tensor, "steps n"],
    features: Features,
) -> GaussianSums:
    """Return the power sums of frames of which each Gaussian has a share.

    Products run in the arithmetic of the features, a chunk at a time; chunks add up in 64 bits.
    """
    n_rows = max(features.n_rows, share.shape[1])
    parts = zip(in_chunks(frames, n_rows), in_chunks(share, n_rows), strict=True)
    dtype = features.centre.dtype
    return features.sums(
        added_up(features.moments(features.of(part), own.T.to(dtype)) for part, own in parts)
    )


def added_up(parts: Iterable[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Add up the moments of chunks (one at least) in 64 bits, tensor by tensor."""
    chunks = iter(parts)
    total = tuple(part.double() for part in next(chunks))
    for chunk in chunks:
        for whole, part in zip(total, chunk, strict=True):
            whole += part
    return total


def _product(share: Tensor, features: Tensor) -> Tensor:
    """Return share @ features.T, the faster way round: in 64 bits the other takes several times."""
    if share.dtype == torch.float64 and share.is_contiguous():
        return share @ features.T
    return (features @ share.T).T
