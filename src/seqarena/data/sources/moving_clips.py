"""Clips of two pictures that move over a canvas: where they stand, and what is seen of them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from seqarena.data.pictures import as_regions

DIRECTIONS: dict[str, tuple[int, int]] = {
    "left": (0, -1),
    "right": (0, 1),
    "up": (-1, 0),
    "down": (1, 0),
}
"""Rows and columns that a picture moves by, for each pixel of speed."""


@dataclass(frozen=True)
class Clip:
    """Two pictures, side by side across their motion, so that neither ever hides the other."""

    direction: str
    images: tuple[int, int]
    """Which pictures they are."""
    start: Int[np.ndarray, "2 2"]
    """Row and column of each picture's upper left pixel in the first frame."""
    speed: Int[np.ndarray, "2"]
    """Pixels that each moves from one frame to the next."""

    def corners(self, n_frames: int) -> Int[np.ndarray, "n_frames 2 2"]:
        """Return row and column of each picture's upper left pixel, frame by frame."""
        step = self.speed[:, None] * np.array(DIRECTIONS[self.direction])
        corners: np.ndarray = self.start + np.arange(n_frames)[:, None, None] * step
        return corners


@dataclass(frozen=True)
class Stage:
    """What clips are drawn on."""

    canvas: int
    """Side of a frame [pixels]."""
    size: int
    """Side of a picture [pixels]; two of them fit beside each other."""
    n_frames: int
    slowest: int
    """Lowest speed [pixels per frame]."""
    fastest: int
    """Highest speed [pixels per frame]."""

    def draw_clip(
        self, direction: str, images: tuple[int, int], generator: np.random.Generator
    ) -> Clip:
        """Draw speeds, and places from where neither picture leaves the canvas."""
        room = self.canvas - self.size
        down, right = DIRECTIONS[direction]
        speed = generator.integers(self.slowest, self.fastest + 1, size=2)
        way = speed * (self.n_frames - 1)
        along = generator.integers(0, room - way + 1) + (way if down + right < 0 else 0)
        first = int(generator.integers(0, room - self.size + 1))
        # Which of the two is above, or to the left, is a matter of chance.
        beside = [first, int(generator.integers(first + self.size, room + 1))]
        across = generator.permutation(np.array(beside))
        start = np.stack([along, across] if down else [across, along], axis=1)
        return Clip(direction, images, start, speed)

    def film(
        self, clip: Clip, pictures: Float[np.ndarray, "2 size size"]
    ) -> Float[np.ndarray, "n_frames canvas canvas"]:
        """Return the frames of a clip, 0 where neither picture is."""
        frames = np.zeros((self.n_frames, self.canvas, self.canvas))
        for frame, corners in zip(frames, clip.corners(self.n_frames), strict=True):
            for (row, column), picture in zip(corners.tolist(), pictures, strict=True):
                frame[row : row + self.size, column : column + self.size] = picture
        return frames


def in_regions(
    frames: Float[np.ndarray, "n_frames height width"], patch: int
) -> Float[np.ndarray, "steps numbers"]:
    """Cut frame after frame into square regions, row by row, each its pixels, row by row."""
    return as_regions(frames, (patch, patch)).reshape(-1, patch * patch)


def steps_shown(regions: Float[np.ndarray, "steps numbers"]) -> Bool[np.ndarray, "steps"]:
    """Tell which regions show something of a picture."""
    is_shown: Bool[np.ndarray, "steps"] = np.asarray((regions > 0).any(axis=1))
    return is_shown
