"""From sentence pairs to the splits of an alignment task."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.links import Links
from seqarena.data.manifest import Provenance
from seqarena.data.part import Part, three_parts
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

END = "<end>"
"""Name of the symbol that ends every target."""

Words = tuple[str, ...]
SentencePair = tuple[Words, Words]
"""A source sentence and its translation."""


class SplitConfig(BaseModel):
    """How the pairs without gold become training and validation."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    n_valid: int = Field(default=200, ge=1)
    """Pairs that validate, by their likelihood: they have no gold links."""
    max_words: int = Field(default=100, ge=1)
    """Training and validation pairs with a longer sentence are left out; no test pair is."""
    min_count: int = Field(default=1, ge=1)
    """Rarer words of the training pairs are one unknown word, as are those that only stand in
    validation or test."""
    seed: int = Field(default=0, ge=0)
    """Seed of the choice."""


@dataclass(frozen=True)
class Corpus:
    """What the files hold."""

    pairs: list[SentencePair]
    test: list[SentencePair]
    links: Links
    """Gold of the test pairs."""


def alignment_source(corpus: Corpus, config: SplitConfig, provenance: Provenance) -> SourceData:
    """Split the pairs, and turn words into tokens by the vocabulary of training.

    A pair one of whose sentences stands in the test is left out of training and validation, and
    one whose source stands in validation out of training: no text that is judged was seen.

    Raises:
        DataError: too few pairs are left, or a test sentence is empty.
    """
    for row, pair in enumerate(corpus.test):
        if not all(pair):
            raise DataError(f"test pair {row} has an empty sentence; take it out, and its links.")
    usable, counts = _usable(corpus, config)
    train, valid = _carved(usable, config)
    source, target = (
        alphabet_of([pair[side] for pair in train], config.min_count) for side in (0, 1)
    )
    symbols = (*target.symbols, END)
    parts = three_parts(
        _part(train, source, target, "train"),
        _part(valid, source, target, "valid"),
        _part(corpus.test, source, target, "test", corpus.links),
    )
    return SourceData(
        schema=DataSchema(
            "alignment",
            n_symbols=len(source),
            n_target_symbols=len(symbols),
            target_end=len(symbols) - 1,
        ),
        parts=parts,
        provenance=provenance,
        protocol={
            "split": "validation drawn from the pairs without gold; the pairs with gold are the "
            "test, and no sentence of theirs stands in another split",
            "seed": config.seed,
            "alphabet": "words of the training pairs, all others are one unknown word (token 0); "
            "every target ends with the end symbol, which no link touches",
            "scored": "all gold links of the test pairs, pooled",
        },
        symbols=source.symbols,
        target_symbols=symbols,
        counts={
            **counts,
            **{
                f"unknown_{side}_words_{split}": n_unknown(values)
                for split, part in parts.items()
                for side, values in (
                    ("source", part.sequences.values),
                    ("target", _target_values(part)),
                )
            },
        },
    )


def _usable(corpus: Corpus, config: SplitConfig) -> tuple[list[SentencePair], dict[str, int]]:
    judged = [{pair[side] for pair in corpus.test} for side in (0, 1)]
    whole = [pair for pair in corpus.pairs if all(pair)]
    short = [pair for pair in whole if max(map(len, pair)) <= config.max_words]
    unseen = [pair for pair in short if pair[0] not in judged[0] and pair[1] not in judged[1]]
    return unseen, {
        "empty_pairs": len(corpus.pairs) - len(whole),
        "long_pairs": len(whole) - len(short),
        "pairs_of_the_test": len(short) - len(unseen),
    }


def _carved(
    pairs: list[SentencePair], config: SplitConfig
) -> tuple[list[SentencePair], list[SentencePair]]:
    if len(pairs) <= config.n_valid:
        raise DataError(
            f"{len(pairs)} pairs are usable, and n_valid is {config.n_valid}; lower n_valid."
        )
    generator = numpy_generator(config.seed, "alignment")
    chosen = set(generator.choice(len(pairs), size=config.n_valid, replace=False).tolist())
    valid = [pair for row, pair in enumerate(pairs) if row in chosen]
    held_out = {source for source, _ in valid}
    train = [
        pair for row, pair in enumerate(pairs) if row not in chosen and pair[0] not in held_out
    ]
    return train, valid


def _part(
    pairs: list[SentencePair],
    source: Alphabet,
    target: Alphabet,
    name: str,
    links: Links | None = None,
) -> Part:
    end = len(target)
    targets = sequences_of([np.append(target.encode(words), end) for _, words in pairs])
    return Part(
        sequences_of(
            [source.encode(words) for words, _ in pairs],
            target=targets,
            ids=tuple(f"{name}-{row}" for row in range(len(pairs))),
        ),
        links=links,
    )


def _target_values(part: Part) -> Int[np.ndarray, "steps"]:
    target = part.sequences.target
    return np.zeros(0, dtype=np.int64) if target is None else target.values
