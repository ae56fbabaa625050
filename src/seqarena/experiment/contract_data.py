"""Small data of every kind of task, for the contract that each family keeps."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqarena.batch import Sequences, sequences_of
from seqarena.schema import DataSchema, InputKind
from seqarena.seeds import numpy_generator

N_SYMBOLS = 3
"""Of the inputs, and of the tags."""
_N = 24
_END = 2


@dataclass(frozen=True)
class ContractData:
    """Sequences that train and validate, and what they are."""

    schema: DataSchema
    train: Sequences
    input_kind: InputKind


def contract_data() -> dict[str, ContractData]:
    """Return the same few short sequences for each kind of task, by its name."""
    rng = numpy_generator(0, "contract")
    inputs = _tokens(rng)
    labels = [row % 2 for row in range(_N)]
    frames = [
        (rng.normal(size=(len(each), 2)) + label).astype(np.float32)
        for each, label in zip(inputs, labels, strict=True)
    ]
    # The tag of a step is the symbol before it, now and then the symbol itself.
    tags = [np.where(rng.random(len(each)) < 0.3, each, np.roll(each, 1)) for each in inputs]
    target = sequences_of([np.append(each, _END) for each in _tokens(rng, 1, 3, 2)])
    # Three frames a word: enough for two states each.
    spoken = [
        (rng.normal(size=(3 * len(each), 2)) + np.repeat(each, 3)[:, None]).astype(np.float32)
        for each in (target.sequence(row) for row in range(_N))
    ]
    labelled, framed = sequences_of(inputs, labels), sequences_of(frames, labels)
    pairs = sequences_of(inputs, target=target)
    sizes: dict[str, Any] = {"n_target_symbols": 3, "target_end": _END, "max_target_length": 4}
    tokens: dict[str, Any] = {"n_symbols": N_SYMBOLS, "max_length": 8}
    schemas = {
        "density": (DataSchema("density", **tokens), sequences_of(inputs)),
        "density of frames": (
            DataSchema("density", dim=2, frame_kind="binary", max_length=8),
            sequences_of([(each > 0.5).astype(np.float32) for each in frames]),
        ),
        "recommendation": (DataSchema("recommendation", **tokens), sequences_of(inputs)),
        "classification of tokens": (
            DataSchema("classification", n_classes=2, **tokens),
            labelled,
        ),
        "classification of frames": (
            DataSchema("classification", dim=2, n_classes=2, max_length=8),
            framed,
        ),
        "tagging of tokens": (
            DataSchema("tagging", n_tags=3, **tokens),
            sequences_of(inputs, tags=tags),
        ),
        "tagging of frames": (
            DataSchema("tagging", dim=2, n_tags=3, max_length=8),
            sequences_of(frames, tags=tags),
        ),
        "transduction": (
            DataSchema("transduction", target_of_symbol=(1, -1, 0), **sizes, **tokens),
            pairs,
        ),
        "alignment": (DataSchema("alignment", **sizes, **tokens), pairs),
        "transduction of frames": (
            DataSchema("transduction", dim=2, max_length=12, **sizes),
            sequences_of(spoken, target=target),
        ),
    }
    return {
        name: ContractData(schema, train, schema.input_kind)
        for name, (schema, train) in schemas.items()
    }


def _tokens(
    rng: np.random.Generator, low: int = 2, high: int = 6, n_symbols: int = N_SYMBOLS
) -> list[np.ndarray]:
    return [rng.integers(0, n_symbols, size=rng.integers(low, high + 1)) for _ in range(_N)]
