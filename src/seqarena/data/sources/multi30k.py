"""Captions of pictures in English, and in German by professional translators: Multi30k."""

from typing import Literal

from pydantic import Field

from seqarena.data.encoding import Tokens, encoded_subwords
from seqarena.data.manifest import Manifest
from seqarena.data.part import Parts
from seqarena.data.plain_text import lines_of
from seqarena.data.published.checked_files import published_content
from seqarena.data.published.record import Published
from seqarena.data.published.translations import MULTI30K
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.subword_pairs import (
    END,
    TextPair,
    drawn,
    subword_parts,
    subword_schema,
)
from seqarena.data.splits import Split
from seqarena.data.subwords import Subwords, learn_subwords
from seqarena.errors import DataError

TestOfMulti30k = Literal[
    "test_2016_flickr", "test_2017_flickr", "test_2017_mscoco", "test_2018_flickr"
]


class Multi30kConfig(SourceConfig):
    """The raw files of the first task (`seqarena data show multi30k`)."""

    input_kind = "tokens"
    kind: Literal["multi30k"]
    source: Literal["en", "de"] = "en"
    """Language that is translated; the other one is the target."""
    test: TestOfMulti30k = "test_2016_flickr"
    """Which of the official test sets is the test; that of 2016 is the one most often published."""
    n_subwords: int = Field(default=8000, ge=300)
    """Vocabulary that both languages share, learned from the training pairs that are kept."""
    lowercase: bool = False
    """Whether all text is lower-cased first, references too: easier, and not what is published as
    cased BLEU."""
    max_subwords: int = Field(default=80, ge=2)
    """Subwords of a sentence; what goes beyond is cut off (never off a reference)."""
    n_train: int | None = Field(default=None, ge=1)
    """Training pairs that are kept, drawn at random; None: all 29,000."""
    seed: int = Field(default=0, ge=0)
    """Seed of that draw."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MULTI30K,)

    def tokens_of(self, text: str, manifest: Manifest) -> Tokens:
        """Return the subwords of a text of somebody's own."""
        return encoded_subwords(text.lower() if self.lowercase else text, manifest)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_multi30k(self)


def read_multi30k(config: Multi30kConfig) -> SourceData:
    """Read raw text, learn subwords of the training pairs, and turn all into them.

    Raises:
        DataError: a file is missing or another one.
    """
    found = {split: _pairs(config, name) for split, name in _names(config).items()}
    found[Split.TRAIN] = drawn(found[Split.TRAIN], config.n_train, config.seed)
    subwords = learn_subwords(
        [text for pair in found[Split.TRAIN] for text in (pair.source, pair.target)],
        config.n_subwords,
    )
    parts, counts = subword_parts(found, subwords, config.max_subwords, config.max_subwords)
    return multi30k_data(config, subwords, parts, counts)


def multi30k_data(
    config: Multi30kConfig, subwords: Subwords, parts: Parts, counts: dict[str, int]
) -> SourceData:
    """Say what the parts are, and by which rules they were made."""
    direction = "English into German" if config.source == "en" else "German into English"
    return SourceData(
        schema=subword_schema(subwords, "translation"),
        parts=parts,
        provenance=MULTI30K.provenance(
            f"Multi30k, captions of pictures, {direction} ({MULTI30K.official[0]})",
            *(_file(name, side) for name in _names(config).values() for side in ("en", "de")),
        ),
        protocol={
            "split": f"official: train, val, {config.test}",
            "training_pairs": "all" if config.n_train is None else f"{config.n_train} drawn",
            "text": "raw, with single spaces" + (", lower-cased" if config.lowercase else ""),
            "subwords": f"byte-pair encoding of {len(subwords)}, shared by both languages, learned "
            "from the training pairs",
            "longest": f"{config.max_subwords} subwords; the rest is cut off, references are not",
            "scored": "corpus BLEU (sacreBLEU, its own tokenisation) of detokenised outputs "
            f"against one reference{', all lower-cased' if config.lowercase else ', cased'}",
        },
        symbols=subwords.symbols,
        target_symbols=(*subwords.symbols, END),
        tokeniser=subwords.tokeniser,
        counts=counts,
    )


def _names(config: Multi30kConfig) -> dict[Split, str]:
    return {Split.TRAIN: "train", Split.VALID: "val", Split.TEST: config.test}


def _file(name: str, language: str) -> str:
    return f"raw/{name}.{language}.gz"


def _pairs(config: Multi30kConfig, name: str) -> list[TextPair]:
    target = "de" if config.source == "en" else "en"
    sides = [_lines(config, _file(name, language)) for language in (config.source, target)]
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{name}: {len(sides[0])} lines of {config.source} and {len(sides[1])} of {target}; "
            "line n of one must be the translation of line n of the other."
        )
    return [
        TextPair(f"{name}-{row}", one, other, (other,))
        for row, (one, other) in enumerate(zip(*sides, strict=True))
    ]


def _lines(config: Multi30kConfig, path: str) -> list[str]:
    text = published_content(MULTI30K, path).decode("utf-8")
    return lines_of(text.lower() if config.lowercase else text)
