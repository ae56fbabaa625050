"""The adding problem: two of many numbers are marked; how large is their sum?"""

from itertools import pairwise
from typing import Literal

import numpy as np
from jaxtyping import Float
from pydantic import Field, field_validator

from seqarena.data.part import Part, three_parts
from seqarena.data.sources.drawn import DrawnConfig, certain, generated
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_CITATION = (
    "S. Hochreiter, J. Schmidhuber (1997). Long short-term memory. Neural Computation 9(8), "
    "1735-1780, section 5.4."
)


class AddingConfig(DrawnConfig):
    """A frame is a number, 0 to 1, and a mark, 0 or 1; one mark in each half of the sequence."""

    input_kind = "frames"
    kind: Literal["adding"]
    lengths: tuple[int, ...] = Field(default=(16, 32, 64), min_length=1, strict=False)
    """Steps of a sequence: one of these, each as likely. Scores are told for each too."""
    n_bins: int = Field(default=8, ge=2, le=64)
    """Classes: ranges of the sum, each as likely, so that a guess is right once in so many."""

    @field_validator("lengths")
    @classmethod
    def _two_halves(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        if min(lengths) < 2 or len(set(lengths)) < len(lengths):
            raise ValueError(f"got {list(lengths)}; should be different numbers of at least 2.")
        return lengths

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_adding(self)


def draw_adding(config: AddingConfig) -> SourceData:
    """Draw the three parts; the class is the range of the sum of the two marked numbers."""
    edges = edges_of(config.n_bins)
    return SourceData(
        schema=DataSchema("classification", dim=2, n_classes=config.n_bins, slice_name="length"),
        parts=three_parts(*(_part(config, split, edges) for split in Split)),
        provenance=generated(
            "numbers of which two are marked, and the range of their sum", _CITATION
        ),
        protocol={
            "split": "independent draws, one random generator per split",
            "seed": config.seed,
            "classes": "ranges of the sum that are equally likely; the original task predicts the "
            "number itself",
            "slices": "length of the sequence",
            "scored": "the class of each sequence",
        },
        class_names=tuple(f"{low:.3f} to {high:.3f}" for low, high in pairwise(edges.tolist())),
        best_possible=certain("share of examples"),
    )


def edges_of(n_bins: int) -> Float[np.ndarray, "n_bins_plus_1"]:
    """Return the ends of the ranges of a sum of two uniform numbers that are equally likely."""
    share = np.arange(n_bins + 1) / n_bins
    # The sum has the distribution s^2 / 2 below 1, and 1 - (2 - s)^2 / 2 above.
    lower, upper = np.sqrt(2 * share), 2 - np.sqrt(2 * (1 - share))
    return np.where(share <= 0.5, lower, upper)


def _part(config: AddingConfig, split: Split, edges: Float[np.ndarray, "_"]) -> Part:
    generator = numpy_generator(config.seed, config.kind, split.value)
    lengths = generator.choice(np.array(config.lengths), size=config.sizes()[split])
    frames, labels = [], []
    for length in lengths.tolist():
        numbers, marks = generator.random(length), np.zeros(length)
        marked = [generator.integers(length // 2), generator.integers(length // 2, length)]
        marks[marked] = 1
        frames.append(np.stack([numbers, marks], axis=1))
        total = float(numbers[marked].sum())
        labels.append(int(np.searchsorted(edges[1:-1], total, side="right")))
    return Part(sequences_of(frames, labels=labels), slices=lengths.astype(np.int64))
