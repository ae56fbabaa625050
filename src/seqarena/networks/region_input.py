"""The first layer for pictures: regions become vectors that have seen the pixels around them."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.batch import Batch
from seqarena.errors import DataError

StemKind = Literal["none", "conv"]

STEM_CHANNELS = 16


class RegionInput(nn.Module):
    """A small convolutional stem over whole pictures, then one vector per region.

    Pixels are standardised, all by one mean and deviation of the training data; two 3 x 3
    convolutions with a GELU after each keep the size of the picture; a last one, as large as a
    region and as far apart, gives each region its vector. So a region knows of the two pixels
    around it (Xiao et al. 2021, "Early convolutions help transformers see better"), and steps stay
    what they were: maps of attention are over the same regions.

    Steps are the regions of a picture, row by row, each its pixels, row by row; of a video, those
    of one picture after the other, which do not see each other here.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, grid: tuple[int, int], patch: tuple[int, int], model_dim: int) -> None:
        super().__init__()
        self.grid, self.patch = grid, patch
        self.register_buffer("mean", torch.zeros(()))
        self.register_buffer("deviation", torch.ones(()))
        self.first = nn.Conv2d(1, STEM_CHANNELS, 3, padding=1)
        self.second = nn.Conv2d(STEM_CHANNELS, STEM_CHANNELS, 3, padding=1)
        self.of_region = nn.Conv2d(STEM_CHANNELS, model_dim, patch, stride=patch)
        self.out_dim = model_dim

    def standardise_by(self, frames: Float[Tensor, "frames dim"]) -> None:
        """Keep the moments of all pixels; pixels that never vary are only centred."""
        deviation, mean = torch.std_mean(frames.double(), correction=0)
        self.mean.copy_(mean)
        self.deviation.copy_(deviation.where(deviation > 1e-6 * mean.abs(), 1.0))

    def forward(self, batch: Batch) -> Float[Tensor, "batch time out_dim"]:
        """Return the vectors of the batch's regions.

        Raises:
            DataError: the batch holds tokens, or its steps do not make whole pictures.
        """
        if batch.features is None:
            raise DataError("the model reads frames, but the batch holds tokens.")
        pixels = (batch.features.to(self.mean) - self.mean) / self.deviation
        seen = functional.gelu(self.first(self.pictures(pixels)))
        seen = functional.gelu(self.second(seen))
        regions: Tensor = self.of_region(seen)
        return regions.flatten(2).mT.reshape(len(batch), -1, self.out_dim)

    def pictures(
        self, regions: Float[Tensor, "batch time dim"]
    ) -> Float[Tensor, "pictures 1 height width"]:
        """Return the pictures that the regions were cut from, one channel each."""
        (rows, columns), (high, wide) = self.grid, self.patch
        if regions.shape[1] % (rows * columns):
            raise DataError(
                f"{regions.shape[1]} steps came, and a picture has {rows} x {columns} regions; "
                "expected whole pictures."
            )
        split = regions.reshape(-1, rows, columns, high, wide).transpose(2, 3)
        return split.reshape(-1, 1, rows * high, columns * wide)

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`: its products."""
        high, wide = self.patch
        every_pixel = high * wide * (self.first.weight.numel() + self.second.weight.numel())
        return 2.0 * batch * time * (every_pixel + self.of_region.weight.numel())
