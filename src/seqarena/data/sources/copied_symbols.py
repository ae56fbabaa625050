"""Random symbols, to be written again: as they came, or from the last to the first."""

from typing import Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from seqarena.data.alignment import NOWHERE, alignment_of
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.drawn import DrawnConfig, certain, generated
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

END = "<end>"
"""Name of the symbol that ends every target."""

_TRIES = 100
"""Draws for an input before it is let be: short ones of few symbols may all be taken."""

_CITATION = (
    "A. Graves, G. Wayne, I. Danihelka (2014). Neural Turing machines. arXiv:1410.5401, section "
    "4.1 (copying)."
)


class CopiedSymbolsConfig(DrawnConfig):
    """Which order, and how long; test lengths may be longer than any in training."""

    input_kind = "tokens"
    kind: Literal["copied_symbols"]
    order: Literal["same", "reversed"] = "same"
    """Whether the target is the input, or the input from its end."""
    n_symbols: int = Field(default=16, ge=2, le=1000)
    """Different symbols, each as likely at every step."""
    longest: int = Field(default=12, ge=1)
    """Longest sequence of training and validation [steps]; each length from `shortest` is as
    likely."""
    shortest: int = Field(default=4, ge=1)
    """Shortest one [steps]."""
    test_lengths: tuple[int, ...] = Field(default=(4, 8, 12, 16), min_length=1, strict=False)
    """Lengths of test sequences, each as likely. Scores are told for each too."""

    @model_validator(mode="after")
    def _shortest_is_not_longer(self) -> "CopiedSymbolsConfig":
        if self.shortest > self.longest:
            raise ValueError(
                f"shortest {self.shortest} is above longest {self.longest}; exchange them."
            )
        return self

    @field_validator("test_lengths")
    @classmethod
    def _some_lengths(cls, lengths: tuple[int, ...]) -> tuple[int, ...]:
        if min(lengths) < 1 or len(set(lengths)) < len(lengths):
            raise ValueError(f"got {list(lengths)}; should be different numbers of at least 1.")
        return lengths

    def lengths(self, split: Split) -> tuple[int, ...]:
        """Return the lengths that a split has, each as likely."""
        if split is Split.TEST:
            return self.test_lengths
        return tuple(range(self.shortest, self.longest + 1))

    def read(self) -> SourceData:
        """Make the three parts."""
        return draw_copied_symbols(self)


def draw_copied_symbols(config: CopiedSymbolsConfig) -> SourceData:
    """Draw the three parts; where each target symbol comes from is known."""
    symbols = tuple(map(str, range(config.n_symbols)))
    later: set[bytes] = set()
    parts = {split: _part(config, split, later) for split in reversed(Split)}
    return SourceData(
        schema=DataSchema(
            "transduction",
            n_symbols=config.n_symbols,
            n_target_symbols=config.n_symbols + 1,
            target_end=config.n_symbols,
            slice_name="length",
        ),
        parts=three_parts(*(parts[split] for split in Split)),
        provenance=generated(f"random symbols, written in the {config.order} order", _CITATION),
        protocol={
            "split": "independent draws, one random generator per split; an input that a later "
            "split has is drawn again",
            "seed": config.seed,
            "lengths": f"{config.shortest} to {config.longest}; test "
            + ", ".join(map(str, config.test_lengths)),
            "slices": "length of the input",
            "scored": "the whole target",
        },
        symbols=symbols,
        target_symbols=(*symbols, END),
        best_possible=certain("share of examples"),
    )


def _draw_again(
    inputs: list[np.ndarray], later: set[bytes], config: CopiedSymbolsConfig, split: Split
) -> None:
    """Replace the inputs that `later` splits have, while there is hope of others."""
    generator = numpy_generator(config.seed, config.kind, split.value, "again")
    for row, own in enumerate(inputs):
        for _ in range(_TRIES):
            if inputs[row].tobytes() not in later:
                break
            inputs[row] = generator.integers(config.n_symbols, size=len(own))


def _part(config: CopiedSymbolsConfig, split: Split, later: set[bytes]) -> Part:
    generator = numpy_generator(config.seed, config.kind, split.value)
    lengths = generator.choice(np.array(config.lengths(split)), size=config.sizes()[split])
    inputs = [generator.integers(config.n_symbols, size=int(length)) for length in lengths]
    _draw_again(inputs, later, config, split)
    later.update(each.tobytes() for each in inputs)
    step = -1 if config.order == "reversed" else 1
    origins = [np.arange(len(each))[::step] for each in inputs]
    targets = [
        np.append(each[origin], config.n_symbols)
        for each, origin in zip(inputs, origins, strict=True)
    ]
    spans = [np.concatenate([np.stack([own, own + 1], axis=1), [NOWHERE]]) for own in origins]
    return Part(
        sequences_of(inputs, target=sequences_of(targets)),
        alignment=alignment_of(spans),
        slices=lengths.astype(np.int64),
    )
