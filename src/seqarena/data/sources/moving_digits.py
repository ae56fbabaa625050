"""Video: two handwritten digits, scikit-learn's or MNIST's, move over a larger canvas."""

from itertools import combinations
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field, field_validator, model_validator

from seqarena.data.links import Pairs, links_of
from seqarena.data.part import Part, three_parts
from seqarena.data.published.record import Published
from seqarena.data.sources.digit_pictures import (
    SIDES,
    DigitPictures,
    Digits,
    digits_of,
    published_digits,
)
from seqarena.data.sources.moving_clips import DIRECTIONS, Clip, Stage, in_regions, steps_shown
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_OF_MNIST = {
    "canvas": 64,
    "region": 8,
    "slowest": 3,
    "fastest": 9,
    "n_train": 3_000,
    "n_valid": 500,
    "n_test": 1_000,
}
"""Defaults with `pictures: mnist`, in place of those that stand at the fields."""

_SPLIT_AS: dict[DigitPictures, str] = {
    "scikit_learn": "handwritten_digits",
    "mnist": "mnist, its official test and its default validation",
}


class MovingDigitsConfig(SourceConfig):
    """Clips of two different digits that move the same way, each at a speed of its own."""

    input_kind = "frames"
    kind: Literal["moving_digits"]
    pictures: DigitPictures = "scikit_learn"
    """`scikit_learn`: digits of 8 x 8 [pixels]; needs nothing. `mnist`: of 28 x 28, of a published
    data set (`seqarena data show mnist`), with defaults of its own."""
    view: Literal["regions", "frames"] = "regions"
    """"regions": a step is a square of pixels, row by row, frame after frame. "frames": a step is a
    whole frame."""
    label: Literal["digits_and_direction", "direction"] = "digits_and_direction"
    """What is asked: which two digits move which way, or which way alone (4 classes)."""
    digits: tuple[int, ...] = Field(default=(0, 1, 4), min_length=2, strict=False)
    """Digits that clips are made of; n of them make n (n - 1) / 2 pairs, each in 4 directions."""
    canvas: int = Field(default=20, le=128)
    """Side of a frame, at least two digits [pixels]; of MNIST 64."""
    region: int = Field(default=5, ge=1, validate_default=True)
    """Side of a region, which divides the canvas [pixels]; of MNIST 8."""
    n_frames: int = Field(default=4, ge=2)
    """Frames of a clip."""
    slowest: int = Field(default=1, ge=1)
    """Lowest speed of a digit [pixels per frame]; of MNIST 3."""
    fastest: int = Field(default=3, ge=1, validate_default=True)
    """Highest speed of a digit [pixels per frame]; of MNIST 9."""
    noise: float = Field(default=0.05, gt=0)
    """Standard deviation of what is added to every pixel; digits are 0 to 1."""
    n_train: int = Field(default=1_500, ge=1)
    """Training clips; of MNIST 3,000."""
    n_valid: int = Field(default=200, ge=1)
    """Validation clips; of MNIST 500."""
    n_test: int = Field(default=500, ge=1)
    """Test clips; of MNIST 1,000."""
    seed: int = Field(default=0, ge=0)
    """Seed of the clips."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults_of_mnist(cls, given: Any) -> Any:
        is_of_mnist = isinstance(given, dict) and given.get("pictures") == "mnist"
        return {**_OF_MNIST, **given} if is_of_mnist else given

    @field_validator("digits")
    @classmethod
    def _are_digits(cls, digits: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(digits)) < len(digits) or not set(digits) <= set(range(10)):
            raise ValueError(f"got {list(digits)}; should be different digits, 0 to 9.")
        return digits

    @field_validator("canvas")
    @classmethod
    def _holds_two_digits(cls, canvas: int, info: Any) -> int:
        side = _side(info)
        if canvas < 2 * side:
            raise ValueError(
                f"got {canvas}; two digits of {side} x {side} pixels beside each other need at "
                f"least {2 * side}."
            )
        return canvas

    @field_validator("region")
    @classmethod
    def _divides_the_canvas(cls, region: int, info: Any) -> int:
        canvas = info.data.get("canvas", 0)
        if info.data.get("view") == "regions" and canvas % region:
            sides = [str(side) for side in range(2, canvas + 1) if canvas % side == 0]
            raise ValueError(
                f"regions of {region} x {region} pixels do not divide a canvas of {canvas}; take "
                f"one of {', '.join(sides)}, or another canvas."
            )
        return region

    @field_validator("fastest")
    @classmethod
    def _stays_inside(cls, fastest: int, info: Any) -> int:
        data = info.data
        room, way = data.get("canvas", 128) - _side(info), fastest * (data.get("n_frames", 2) - 1)
        if way > room:
            raise ValueError(
                f"a digit at {fastest} pixels a frame moves {way} pixels, and has room for {room}; "
                "take a lower speed, fewer frames, or a larger canvas."
            )
        slowest = data.get("slowest", 1)
        if fastest < slowest:
            raise ValueError(
                f"got {fastest}, which is below the lowest speed, {slowest}; set slowest, too."
            )
        return fastest

    @property
    def has_regions(self) -> bool:
        """Say whether the steps are regions."""
        return self.view == "regions"

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return published_digits(self.pictures)

    def sizes(self) -> dict[Split, int]:
        """Return how many clips each split has."""
        return dict(zip(Split, (self.n_train, self.n_valid, self.n_test), strict=True))

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_moving_digits(self)


def read_moving_digits(config: MovingDigitsConfig) -> SourceData:
    """Draw the clips; no handwritten digit is in two splits.

    Raises:
        DataError: the files of MNIST are not there, or not the published ones.
    """
    digits = digits_of(config.pictures)
    grid = (config.canvas // config.region, config.canvas // config.region)
    return SourceData(
        schema=DataSchema(
            "classification",
            dim=config.region**2 if config.has_regions else config.canvas**2,
            n_classes=len(_class_names(config)),
            grid=grid if config.has_regions else None,
            patch=(config.region, config.region) if config.has_regions else None,
        ),
        parts=three_parts(*(_part(config, digits, split) for split in Split)),
        provenance=digits.drawn(
            f"Two {digits.provenance.description}, moving over a canvas; drawn from a seed"
        ),
        protocol={
            "split": f"handwritten digits as in {_SPLIT_AS[config.pictures]}: those of test clips "
            "are in no other clip",
            "seed": config.seed,
            "view": config.view,
            "label": config.label,
            "scored": "the label of each clip",
        },
        class_names=_class_names(config),
    )


def _side(info: Any) -> int:
    """Return the side of a digit [pixels], of settings that are being read."""
    return SIDES[info.data.get("pictures", "scikit_learn")]


def _class_names(config: MovingDigitsConfig) -> tuple[str, ...]:
    if config.label == "direction":
        return tuple(DIRECTIONS)
    pairs = combinations(sorted(config.digits), 2)
    return tuple(f"{one}+{other} {way}" for one, other in pairs for way in DIRECTIONS)


def _part(config: MovingDigitsConfig, digits: Digits, split: Split) -> Part:
    """Draw the clips of one split from the digits of its rows."""
    generator = numpy_generator(config.seed, "moving_digits", split.value)
    rows = {
        digit: digits.rows[split][digits.labels[digits.rows[split]] == digit]
        for digit in config.digits
    }
    side = SIDES[config.pictures]
    stage = Stage(config.canvas, side, config.n_frames, config.slowest, config.fastest)
    clips = [_clip(config, rows, stage, generator) for _ in range(config.sizes()[split])]
    steps, shown = [], []
    for clip in clips:
        film = stage.film(clip, digits.pictures[list(clip.images)])
        seen = film + config.noise * generator.normal(size=film.shape)
        # In 32 bits one by one: all clips in 64 would be the most that this stage holds.
        steps.append(_steps(config, seen).astype(np.float32))
        if config.has_regions:
            shown.append(_links(film, config.region))
    names = _class_names(config)
    sequences = sequences_of(
        steps,
        labels=[names.index(_name(config, digits.labels, clip)) for clip in clips],
        ids=tuple(
            f"clip-{at:04d} {clip.images[0]:04d}+{clip.images[1]:04d}"
            for at, clip in enumerate(clips)
        ),
    )
    return Part(sequences, links=links_of(shown) if config.has_regions else None)


def _clip(
    config: MovingDigitsConfig,
    rows: dict[int, Int[np.ndarray, "_"]],
    stage: Stage,
    generator: np.random.Generator,
) -> Clip:
    pair = generator.choice(np.array(config.digits), size=2, replace=False)
    one, other = (int(generator.choice(rows[digit])) for digit in pair.tolist())
    direction = tuple(DIRECTIONS)[generator.integers(len(DIRECTIONS))]
    return stage.draw_clip(direction, (one, other), generator)


def _name(config: MovingDigitsConfig, targets: Int[np.ndarray, "pictures"], clip: Clip) -> str:
    if config.label == "direction":
        return clip.direction
    one, other = sorted(int(targets[image]) for image in clip.images)
    return f"{one}+{other} {clip.direction}"


def _steps(
    config: MovingDigitsConfig, film: Float[np.ndarray, "n_frames height width"]
) -> Float[np.ndarray, "steps numbers"]:
    return in_regions(film, config.region) if config.has_regions else film.reshape(len(film), -1)


def _links(film: Float[np.ndarray, "n_frames height width"], region: int) -> Pairs:
    """Link each region that shows a digit to the label: where the digits are is known."""
    own = np.flatnonzero(steps_shown(in_regions(film, region)))
    return np.stack([own, np.zeros_like(own)], axis=1)
