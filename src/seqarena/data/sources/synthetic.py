"""What the sources with a known entropy rate share: how they are drawn, split and scored."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field, field_validator

from seqarena.data.manifest import Fact
from seqarena.data.part import Part, Parts, three_parts
from seqarena.data.splits import Split
from seqarena.logspace import NATS_PER_BIT
from seqarena.seeds import numpy_generator
from seqarena.sequences import Sequences, sequences_of

Sampler = Callable[[int, np.random.Generator], np.ndarray]
"""From a number of sequences to their tokens (sequences, time)."""
Predictor = Callable[[np.ndarray], np.ndarray]
"""From tokens (sequences, time) to p(x_t | x_1..t-1) (sequences, time, symbols)."""


class DrawConfig(BaseModel):
    """How much is drawn, and what of it is scored."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    length: int = Field(default=128, ge=2)
    """Symbols of each sequence [steps]."""
    scored_from: int = Field(default=16, ge=0, validate_default=True)
    """Steps at the start of each validation and test sequence that are context only."""
    n_train: int = Field(default=1_500, ge=1)
    """Training sequences."""
    n_valid: int = Field(default=200, ge=1)
    """Validation sequences."""
    n_test: int = Field(default=500, ge=1)
    """Test sequences."""
    seed: int = Field(default=0, ge=0)
    """Seed of the source's parameters and of the sequences."""

    @field_validator("scored_from")
    @classmethod
    # `Any`, here and in other configs: beartype cannot check pydantic's ValidationInfo.
    def _leave_something_to_score(cls, scored_from: int, info: Any) -> int:
        length = info.data.get("length", scored_from + 1)
        if scored_from >= length:
            raise ValueError(f"got {scored_from}; should be less than length ({length}).")
        return scored_from


def draw_from(
    probs: Float[np.ndarray, "n choices"], generator: np.random.Generator
) -> Int[np.ndarray, "n"]:
    """Draw one choice from each row."""
    cumulative = probs.cumsum(axis=1)
    # Times the last sum, which rounding may leave below 1.
    threshold = generator.random((len(probs), 1)) * cumulative[:, -1:]
    choice: np.ndarray = (cumulative <= threshold).sum(axis=1)
    return choice


def sampled_parts(config: DrawConfig, purpose: str, sampler: Sampler) -> Parts:
    """Draw the three parts, each from a generator of its own.

    Training sequences are scored throughout; the others after their context.
    """
    drawn = []
    for split, size in zip(Split, (config.n_train, config.n_valid, config.n_test), strict=True):
        tokens = sampler(size, numpy_generator(config.seed, purpose, split.value))
        sequences = sequences_of(list(tokens))
        if split is not Split.TRAIN:
            sequences = replace(sequences, scored_from=np.full(size, config.scored_from))
        drawn.append(Part(sequences))
    return three_parts(*drawn)


def score_on_test(parts: Parts, predict: Predictor) -> float:
    """Return what the true process scores on the last part [bits per scored step]."""
    sequences = list(parts.values())[-1].sequences
    return float(scored_log_loss(sequences, predict).mean() / NATS_PER_BIT)


def scored_log_loss(
    sequences: Sequences, predict: Predictor
) -> Float[np.ndarray, "sequences scored"]:
    """Return -log p(x_t | x_1..t-1) of each scored step of sequences of one length [nats]."""
    tokens = sequences.values.reshape(len(sequences), -1)
    begin = 0 if sequences.scored_from is None else int(sequences.scored_from[0])
    chosen: np.ndarray = np.take_along_axis(predict(tokens), tokens[..., None], axis=2)[..., 0]
    log_loss: np.ndarray = -np.log(chosen[:, begin:])
    return log_loss


def draw_protocol(config: DrawConfig, start: str) -> dict[str, Fact]:
    """State how the sequences begin and where scoring does."""
    return {
        "split": "independent draws, one random generator per split",
        "seed": config.seed,
        "start": f"every sequence starts afresh from {start}",
        "scored_from": config.scored_from,
        "scored": f"validation and test: every step from step {config.scored_from} (from 0) on, "
        "given the whole sequence before it; training: every step",
    }
