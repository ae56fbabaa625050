"""Multi-query associative recall: keys with their values, then keys; which value had each?"""

from typing import Any, Literal

import numpy as np
from jaxtyping import Int
from pydantic import Field, field_validator

from seqarena.data.part import Part, three_parts
from seqarena.data.sources.drawn import DrawnConfig, certain, generated
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

BLANK = 0
"""Symbol of the steps that are neither pair nor query."""

_CITATION = (
    "S. Arora, S. Eyuboglu, A. Timalsina et al. (2024). Zoology: measuring and improving recall in "
    "efficient language models. ICLR."
)


class AssociativeRecallConfig(DrawnConfig):
    """First all pairs, a key and its value each; then every key once more, among blanks."""

    input_kind = "tokens"
    kind: Literal["associative_recall"]
    n_pairs: tuple[int, ...] = Field(default=(4, 8, 16), min_length=1, strict=False)
    """Pairs of a sequence: one of these numbers, each as likely. Scores are told for each too."""
    length: int = Field(default=64, ge=4, le=4096, validate_default=True)
    """Steps of every sequence; at least three for each pair."""
    n_keys: int = Field(default=32, ge=1, validate_default=True)
    """Symbols that are keys; no key has two values in a sequence."""
    n_values: int = Field(default=32, ge=2)
    """Symbols that are values: the tags. Of a guess, one in so many is right."""

    @field_validator("n_pairs")
    @classmethod
    def _some_pairs(cls, n_pairs: tuple[int, ...]) -> tuple[int, ...]:
        if min(n_pairs) < 1 or len(set(n_pairs)) < len(n_pairs):
            raise ValueError(f"got {list(n_pairs)}; should be different numbers of at least 1.")
        return n_pairs

    @field_validator("length")
    @classmethod
    def _holds_pairs_and_queries(cls, length: int, info: Any) -> int:
        most = max(info.data.get("n_pairs", (1,)))
        if length < 3 * most:
            raise ValueError(
                f"got {length}; {most} pairs and as many queries take {3 * most} steps."
            )
        return length

    @field_validator("n_keys")
    @classmethod
    def _as_many_as_pairs(cls, n_keys: int, info: Any) -> int:
        most = max(info.data.get("n_pairs", (1,)))
        if n_keys < most:
            raise ValueError(f"got {n_keys}; {most} pairs need as many keys.")
        return n_keys

    @property
    def scores_some_steps(self) -> bool:
        """Say that only queries are asked."""
        return True

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_associative_recall(self)


def draw_associative_recall(config: AssociativeRecallConfig) -> SourceData:
    """Draw the three parts: symbols are the blank, then the keys, then the values."""
    keys = [f"key {key}" for key in range(config.n_keys)]
    values = tuple(f"value {value}" for value in range(config.n_values))
    return SourceData(
        schema=DataSchema(
            "tagging",
            n_symbols=1 + config.n_keys + config.n_values,
            n_tags=config.n_values,
            slice_name="pairs",
        ),
        parts=three_parts(*(_part(config, split) for split in Split)),
        provenance=generated("keys with values, and queries (MQAR)", _CITATION),
        protocol={
            "split": "independent draws, one random generator per split",
            "seed": config.seed,
            "layout": "all pairs first, then each key once, in random order at random steps; "
            "every other step is blank",
            "slices": "pairs of the sequence",
            "scored": "the queries, each given the whole sequence (which tells nothing after it)",
        },
        symbols=("blank", *keys, *values),
        tag_names=values,
        best_possible=certain("share of steps"),
    )


def _part(config: AssociativeRecallConfig, split: Split) -> Part:
    generator = numpy_generator(config.seed, config.kind, split.value)
    sizes = generator.choice(np.array(config.n_pairs), size=config.sizes()[split])
    drawn = [_sequence(config, int(n), generator) for n in sizes]
    return Part(
        sequences_of(
            [symbols for symbols, _ in drawn],
            tags=[np.maximum(tags, 0) for _, tags in drawn],
            scored_steps=[tags >= 0 for _, tags in drawn],
        ),
        slices=sizes.astype(np.int64),
    )


def _sequence(
    config: AssociativeRecallConfig, n_pairs: int, generator: np.random.Generator
) -> tuple[Int[np.ndarray, "time"], Int[np.ndarray, "time"]]:
    """Return the symbols, and at each query the value that is asked for; -1 at other steps."""
    keys = generator.choice(config.n_keys, size=n_pairs, replace=False)
    values = generator.integers(config.n_values, size=n_pairs)
    symbols = np.full(config.length, BLANK)
    tags = np.full(config.length, -1)
    symbols[0 : 2 * n_pairs : 2] = 1 + keys
    symbols[1 : 2 * n_pairs : 2] = 1 + config.n_keys + values
    asked = generator.choice(config.length - 2 * n_pairs, size=n_pairs, replace=False) + 2 * n_pairs
    symbols[asked] = 1 + keys
    tags[asked] = values
    return symbols, tags
