"""How English words are spoken: the pronouncing dictionary of Carnegie Mellon University."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.alphabet import Alphabet, alphabet_of, n_unknown
from seqarena.data.part import Part, three_parts
from seqarena.data.plain_text import lines_of, read_plain_text
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.short_forms import CMUDICT
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.seeds import numpy_generator
from seqarena.sequences import sequences_of

_FILE = "cmudict.dict"
_ENTRY = re.compile(r"(?P<word>[^\s(]+)(?:\(\d+\))? (?P<phonemes>[A-Z0-2 ]+)")

END = "<end>"
"""Name of the symbol that ends every target."""

Dictionary = Mapping[str, tuple[str, ...]]
"""The pronunciations of each word, phonemes separated by spaces, in the order of the file."""


class CmudictConfig(SourceConfig):
    """A split of a published dictionary by word (`seqarena data show cmudict`)."""

    input_kind = "tokens"
    kind: Literal["cmudict"]
    stress: bool = False
    """Whether vowels keep their stress (AH0, AH1, AH2), which published numbers leave out."""
    n_valid: int = Field(default=2670, ge=1)
    """Words that validate."""
    n_test: int = Field(default=12000, ge=1)
    """Words of the test: as many as in the older split of the published numbers."""
    n_train: int | None = Field(default=None, ge=1)
    """Training words that are kept; None: all others."""
    seed: int = Field(default=0, ge=0)
    """Seed of the draw of words."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (CMUDICT,)

    def symbols_of(self, text: str) -> str:
        """Take every letter, small as in the dictionary."""
        return text.strip().lower()

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_cmudict(self)


def read_cmudict(config: CmudictConfig) -> SourceData:
    """Read the dictionary, and split it by word.

    A training word is an example with each of its pronunciations; a validation or test word is one
    example, with the first as its target and all of them as references.

    Raises:
        DataError: the file is missing or another one, or has too few words.
    """
    path = published_file(CMUDICT, _FILE)
    found = parse_dictionary(read_plain_text(path), config.stress, str(path))
    train, valid, test = split_words(sorted(found), config)
    letters = alphabet_of(train)
    phonemes = alphabet_of([way.split() for word in train for way in found[word]])
    symbols = (*phonemes.symbols, END)
    parts = three_parts(
        _part([(word, way) for word in train for way in found[word]], found, letters, phonemes),
        *(
            _part([(word, found[word][0]) for word in words], found, letters, phonemes)
            for words in (valid, test)
        ),
    )
    return SourceData(
        schema=DataSchema(
            "transduction",
            n_symbols=len(letters),
            symbol_unit="character",
            n_target_symbols=len(symbols),
            target_end=len(symbols) - 1,
            target_unit="phoneme",
            judged_as="pronunciation",
        ),
        parts=parts,
        provenance=CMUDICT.provenance(
            f"CMU Pronouncing Dictionary, spelling into phonemes ({CMUDICT.official[0]})", _FILE
        ),
        protocol={
            "split": f"by word, drawn with seed {config.seed}: {len(train)} training, "
            f"{len(valid)} validation and {len(test)} test words; no word stands in two",
            "training": "each pronunciation of a word is an example",
            "phonemes": "with stress" if config.stress else "39, without stress",
            "scored": "edits to the nearest of a word's pronunciations, over its phonemes",
        },
        symbols=letters.symbols,
        target_symbols=symbols,
        counts={
            "words": len(found),
            "pronunciations": sum(map(len, found.values())),
            **{
                f"letters_unknown_in_{split}": n_unknown(part.sequences.values)
                for split, part in parts.items()
            },
        },
    )


def parse_dictionary(text: str, stress: bool, where: str) -> Dictionary:
    """Read lines of `word PH1 PH2`, further pronunciations as `word(2)`, comments after `#`.

    Pronunciations that differ in stress alone are one, unless stress is kept.

    Raises:
        DataError: a line is none; `where` is named with its number.
    """
    found: dict[str, dict[str, None]] = {}
    for number, line in enumerate(lines_of(text), start=1):
        entry = _ENTRY.fullmatch(line.split("#")[0].strip())
        if entry is None:
            raise DataError(f"{where}, line {number}: {line!r} is not 'word PH1 PH2 ...'.")
        way = entry["phonemes"] if stress else re.sub(r"[0-2]", "", entry["phonemes"])
        found.setdefault(entry["word"], {})[way] = None
    return {word: tuple(ways) for word, ways in found.items()}


def split_words(
    words: Sequence[str], config: CmudictConfig
) -> tuple[list[str], list[str], list[str]]:
    """Draw test, validation and training words; the same words and seed give the same split.

    Raises:
        DataError: there are too few words.
    """
    n_held_out = config.n_test + config.n_valid
    needed = n_held_out + (config.n_train or 1)
    if len(words) < needed:
        raise DataError(
            f"the dictionary has {len(words)} words, and n_test, n_valid and n_train need {needed};"
            " lower them."
        )
    order = numpy_generator(config.seed, "cmudict").permutation(len(words)).tolist()
    end = None if config.n_train is None else n_held_out + config.n_train
    rows = order[n_held_out:end], order[config.n_test : n_held_out], order[: config.n_test]
    train, valid, test = ([words[row] for row in sorted(own)] for own in rows)
    return train, valid, test


def _part(
    examples: Iterable[tuple[str, str]], found: Dictionary, letters: Alphabet, phonemes: Alphabet
) -> Part:
    rows = list(examples)
    end = len(phonemes)
    return Part(
        sequences_of(
            [letters.encode(word) for word, _ in rows],
            target=sequences_of([np.append(phonemes.encode(way.split()), end) for _, way in rows]),
            ids=tuple(f"{word} {found[word].index(way) + 1}" for word, way in rows),
        ),
        references=tuple(found[word] for word, _ in rows),
    )
