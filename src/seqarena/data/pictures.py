"""Pictures as sequences: row by row, pixel by pixel, or region by region."""

from typing import Literal

import numpy as np
from jaxtyping import Float

Pictures = Float[np.ndarray, "pictures rows columns"]
Steps = Float[np.ndarray, "pictures steps dim"]

PictureView = Literal["rows", "regions", "pixels", "permuted"]


def as_steps(
    pictures: Pictures, view: PictureView, patch: tuple[int, int], generator: np.random.Generator
) -> Steps:
    """Return the steps of each picture.

    Args:
        pictures: grey values.
        view: "rows", from top to bottom; "regions" of `patch`; "pixels", row by row; or "permuted":
            the pixels in one random order, the same for all pictures.
        patch: rows and columns of a region, which divide those of a picture.
        generator: draws the order.
    """
    pixels = pictures.reshape(len(pictures), -1, 1)
    match view:
        case "rows":
            return pictures
        case "regions":
            return as_regions(pictures, patch)
        case "pixels":
            return pixels
        case "permuted":
            return pixels[:, generator.permutation(pixels.shape[1])]


def as_regions(pictures: Pictures, patch: tuple[int, int]) -> Steps:
    """Cut pictures into regions of `patch`, row-major, each of its pixels, row-major again."""
    n, rows, columns = pictures.shape
    high, wide = patch
    blocks = pictures.reshape(n, rows // high, high, columns // wide, wide).transpose(0, 1, 3, 2, 4)
    return blocks.reshape(n, -1, high * wide)
