"""From texts with labels to the parts of a classification of words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int
from pydantic import Field

from seqarena.data.alphabet import n_unknown
from seqarena.data.lexicon import Lexicon, UnknownWords, lexicon_of
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.part import Part
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.data.stratify import stratified_share
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

N_FOLDS = 10


class LabelledTextConfig(SourceConfig):
    """How words become tokens; the same for every source of labelled texts."""

    input_kind = "tokens"
    min_count: int = Field(default=2, ge=1)
    """Occurrences in training that make a word known; 1: all of them are."""
    unknown: UnknownWords = "one"
    """What other words become: `one`: one symbol; `shape`: a class by case, digits, hyphen and the
    last three letters."""
    max_words: int | None = Field(default=None, ge=1)
    """Words of a text that are kept, from its beginning, in every split; None: all."""


@dataclass(frozen=True)
class LabelledText:
    """One example in writing, its words separated by spaces."""

    id: str
    text: str
    label: int


Labelled = Mapping[Split, Sequence[LabelledText]]


@dataclass(frozen=True)
class AboutTexts:
    """What is known of the texts besides the words."""

    class_names: tuple[str, ...]
    provenance: Provenance
    protocol: dict[str, Fact]


def labelled_source(texts: Labelled, config: LabelledTextConfig, about: AboutTexts) -> SourceData:
    """Turn words into tokens by the vocabulary of training.

    Raises:
        DataError: a text has no word.
    """
    words = {split: [_words(each, split, config) for each in own] for split, own in texts.items()}
    lexicon = lexicon_of(words[Split.TRAIN], config.min_count, config.unknown)
    parts = {split: _part(own, words[split], lexicon) for split, own in texts.items()}
    longest = "whole" if config.max_words is None else f"the first {config.max_words} words"
    return SourceData(
        schema=DataSchema(
            "classification",
            n_symbols=len(lexicon.alphabet),
            symbol_unit="word",
            n_classes=len(about.class_names),
        ),
        parts=parts,
        provenance=about.provenance,
        protocol={
            **about.protocol,
            "text": longest,
            "known_words": f"{config.min_count} or more times in training; others: "
            f"{config.unknown}",
        },
        symbols=lexicon.alphabet.symbols,
        class_names=about.class_names,
        counts={
            f"symbols_unknown_in_{split}": n_unknown(part.sequences.values)
            for split, part in parts.items()
        },
    )


def fold_parts(
    texts: Sequence[LabelledText], folds: Int[np.ndarray, "texts"], fold: int, seed: int
) -> dict[Split, list[LabelledText]]:
    """Return one fold as the test, a tenth of each class of the others as validation, the rest.

    Args:
        texts: all examples.
        folds: the fold of each.
        fold: that of the test.
        seed: of the draw of validation.
    """
    labels = np.array([each.label for each in texts])
    others = np.flatnonzero(folds != fold)
    generator = numpy_generator(seed, "validation", fold)
    valid = stratified_share(labels, others, 1 / N_FOLDS, generator)
    rows = {
        Split.TRAIN: np.setdiff1d(others, valid),
        Split.VALID: valid,
        Split.TEST: np.flatnonzero(folds == fold),
    }
    return {split: [texts[row] for row in own.tolist()] for split, own in rows.items()}


def _words(each: LabelledText, split: Split, config: LabelledTextConfig) -> list[str]:
    words = each.text.split()[: config.max_words]
    if not words:
        raise DataError(f"{split} {each.id}: a text without a word; take it out of the source.")
    return words


def _part(texts: Sequence[LabelledText], words: Sequence[Sequence[str]], lexicon: Lexicon) -> Part:
    return Part(
        sequences_of(
            [lexicon.encode(own) for own in words],
            labels=[each.label for each in texts],
            ids=tuple(each.id for each in texts),
        )
    )
