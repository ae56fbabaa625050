"""Video: two of scikit-learn's handwritten digits move over a larger canvas."""

from importlib.metadata import version
from itertools import combinations
from typing import Any, Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, field_validator

from seqarena.data.links import links_of
from seqarena.data.manifest import Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.handwritten_digits import CITATION, MAX_PIXEL, split_rows
from seqarena.data.sources.moving_clips import DIRECTIONS, Clip, Stage, in_regions, steps_shown
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_SIZE = 8
_PATCH = 5


class MovingDigitsConfig(SourceConfig):
    """Clips of two different digits that move the same way, each at a speed of its own."""

    input_kind = "frames"
    kind: Literal["moving_digits"]
    view: Literal["regions", "frames"] = "regions"
    """"regions": a step is 5 x 5 pixels, row by row, frame after frame. "frames": a step is a
    whole frame."""
    label: Literal["digits_and_direction", "direction"] = "digits_and_direction"
    """What is asked: which two digits move which way, or which way alone (4 classes)."""
    digits: tuple[int, ...] = Field(default=(0, 1, 4), min_length=2, strict=False)
    """Digits that clips are made of; n of them make n (n - 1) / 2 pairs, each in 4 directions."""
    canvas: int = Field(default=20, ge=16, le=64, multiple_of=_PATCH)
    """Side of a frame; a digit has 8 x 8 [pixels]."""
    n_frames: int = Field(default=4, ge=2)
    """Frames of a clip."""
    fastest: int = Field(default=3, ge=1, validate_default=True)
    """Highest speed of a digit; the lowest is 1 [pixels per frame]."""
    noise: float = Field(default=0.05, gt=0)
    """Standard deviation of what is added to every pixel; digits are 0 to 1."""
    n_train: int = Field(default=1_500, ge=1)
    """Training clips."""
    n_valid: int = Field(default=200, ge=1)
    """Validation clips."""
    n_test: int = Field(default=500, ge=1)
    """Test clips."""
    seed: int = Field(default=0, ge=0)
    """Seed of the clips."""

    @field_validator("digits")
    @classmethod
    def _are_digits(cls, digits: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(digits)) < len(digits) or not set(digits) <= set(range(10)):
            raise ValueError(f"got {list(digits)}; should be different digits, 0 to 9.")
        return digits

    @field_validator("fastest")
    @classmethod
    def _stays_inside(cls, fastest: int, info: Any) -> int:
        data = info.data
        room, way = data.get("canvas", 64) - _SIZE, fastest * (data.get("n_frames", 2) - 1)
        if way > room:
            raise ValueError(
                f"a digit at {fastest} pixels a frame moves {way} pixels, and has room for {room}; "
                "take a lower speed, fewer frames, or a larger canvas."
            )
        return fastest

    @property
    def has_regions(self) -> bool:
        """Say whether the steps are regions."""
        return self.view == "regions"

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_moving_digits(self)


def read_moving_digits(config: MovingDigitsConfig) -> SourceData:
    """Draw the clips; no handwritten digit is in two splits."""
    # Imported here: scikit-learn's datasets take a second, and most other sources need them not.
    from sklearn.datasets import load_digits

    digits = load_digits()
    sizes = (config.n_train, config.n_valid, config.n_test)
    parts = [
        _part(config, digits, rows, split, size)
        for rows, split, size in zip(split_rows(digits.target), Split, sizes, strict=True)
    ]
    grid = (config.canvas // _PATCH, config.canvas // _PATCH)
    is_regions = config.view == "regions"
    return SourceData(
        schema=DataSchema(
            "classification",
            dim=_PATCH**2 if is_regions else config.canvas**2,
            n_classes=len(_class_names(config)),
            grid=grid if is_regions else None,
            patch=(_PATCH, _PATCH) if is_regions else None,
        ),
        parts=three_parts(*parts),
        provenance=Provenance(
            description="Two handwritten digits of the test half of the UCI set, as shipped with "
            "scikit-learn, moving over a canvas; drawn from a seed",
            licence="CC BY 4.0 (data), BSD-3-Clause (scikit-learn)",
            citation=CITATION,
            versions={"scikit-learn": version("scikit-learn")},
        ),
        protocol={
            "split": "handwritten digits as in handwritten_digits: those of test clips are in no "
            "other clip",
            "seed": config.seed,
            "view": config.view,
            "label": config.label,
            "scored": "the label of each clip",
        },
        class_names=_class_names(config),
    )


def _class_names(config: MovingDigitsConfig) -> tuple[str, ...]:
    if config.label == "direction":
        return tuple(DIRECTIONS)
    pairs = combinations(sorted(config.digits), 2)
    return tuple(f"{one}+{other} {way}" for one, other in pairs for way in DIRECTIONS)


def _part(
    config: MovingDigitsConfig, digits: Any, rows: np.ndarray, split: Split, size: int
) -> Part:
    """Draw the clips of one split from the digits of its rows."""
    generator = numpy_generator(config.seed, "moving_digits", split.value)
    stage = Stage(config.canvas, _SIZE, config.n_frames, config.fastest)
    names = _class_names(config)
    clips = [_clip(config, digits.target, rows, stage, generator) for _ in range(size)]
    films = [stage.film(clip, digits.images[list(clip.images)] / MAX_PIXEL) for clip in clips]
    sequences = sequences_of(
        [_steps(config, film + config.noise * generator.normal(size=film.shape)) for film in films],
        labels=[names.index(_name(config, digits.target, clip)) for clip in clips],
        ids=tuple(
            f"clip-{at:04d} {clip.images[0]:04d}+{clip.images[1]:04d}"
            for at, clip in enumerate(clips)
        ),
    )
    if config.view == "frames":
        return Part(sequences)
    # Where the digits are is known: each region that shows one is linked to the label.
    shown = [np.flatnonzero(steps_shown(in_regions(film, _PATCH))) for film in films]
    return Part(
        sequences, links=links_of([np.stack([own, np.zeros_like(own)], axis=1) for own in shown])
    )


def _clip(
    config: MovingDigitsConfig,
    targets: np.ndarray,
    rows: np.ndarray,
    stage: Stage,
    generator: np.random.Generator,
) -> Clip:
    pair = generator.choice(np.array(config.digits), size=2, replace=False)
    one, other = (int(generator.choice(rows[targets[rows] == digit])) for digit in pair)
    direction = tuple(DIRECTIONS)[generator.integers(len(DIRECTIONS))]
    return stage.draw_clip(direction, (one, other), generator)


def _name(config: MovingDigitsConfig, targets: np.ndarray, clip: Clip) -> str:
    if config.label == "direction":
        return clip.direction
    one, other = sorted(int(targets[image]) for image in clip.images)
    return f"{one}+{other} {clip.direction}"


def _steps(
    config: MovingDigitsConfig, film: Float[np.ndarray, "n_frames height width"]
) -> Float[np.ndarray, "steps numbers"]:
    return in_regions(film, _PATCH) if config.view == "regions" else film.reshape(len(film), -1)
