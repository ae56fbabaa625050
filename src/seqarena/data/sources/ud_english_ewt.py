"""Parts of speech of English web text: Universal Dependencies, English Web Treebank."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.alphabet import n_unknown
from seqarena.data.lexicon import Lexicon, UnknownWords, lexicon_of
from seqarena.data.part import Part, three_parts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.labelled_text import UD_ENGLISH_EWT
from seqarena.data.published.record import Published
from seqarena.data.sources.conllu import TaggedSentence, read_conllu
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError
from seqarena.schema import DataSchema
from seqarena.sequences import sequences_of

_FILES = {
    Split.TRAIN: "en_ewt-ud-train.conllu",
    Split.VALID: "en_ewt-ud-dev.conllu",
    Split.TEST: "en_ewt-ud-test.conllu",
}


class UdEnglishEwtConfig(SourceConfig):
    """The official split of a published data set (`seqarena data show ud_english_ewt`)."""

    input_kind = "tokens"
    kind: Literal["ud_english_ewt"]
    min_count: int = Field(default=2, ge=1)
    """Occurrences in training that make a word known, written exactly so; 1: all are."""
    unknown: UnknownWords = "shape"
    """What other words become: `shape`, a class by case, digits, hyphen and the last three letters,
    as the rarer words of training do; `one`: one symbol."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (UD_ENGLISH_EWT,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_ud_english_ewt(self)


def read_ud_english_ewt(config: UdEnglishEwtConfig) -> SourceData:
    """Read the three official files: words, and their universal parts of speech.

    Raises:
        DataError: a file is missing or another one.
    """
    paths = {split: published_file(UD_ENGLISH_EWT, name) for split, name in _FILES.items()}
    sentences = {split: read_conllu(path) for split, path in paths.items()}
    lexicon = lexicon_of(
        [_forms(sentence) for sentence in sentences[Split.TRAIN]], config.min_count, config.unknown
    )
    tag_names = tags_of(sentences[Split.TRAIN])
    parts = {
        split: tagged_part(paths[split], sentences[split], lexicon, tag_names) for split in paths
    }
    unknown = {split: n_unknown(part.sequences.values) for split, part in parts.items()}
    return SourceData(
        schema=DataSchema("tagging", n_symbols=len(lexicon.alphabet), n_tags=len(tag_names)),
        parts=three_parts(*parts.values()),
        provenance=UD_ENGLISH_EWT.provenance(
            f"{UD_ENGLISH_EWT.title} ({UD_ENGLISH_EWT.official[0]})", *_FILES.values()
        ),
        protocol={
            "split": "official",
            "words": "syntactic words; words of multiword tokens count one by one",
            "tags": "universal parts of speech",
            "known_words": f"{config.min_count} or more times in training; others: "
            f"{config.unknown}",
            "scored": "every word, punctuation included",
        },
        symbols=lexicon.alphabet.symbols,
        tag_names=tag_names,
        counts={f"symbols_unknown_in_{split}": count for split, count in unknown.items()},
    )


def tags_of(sentences: Sequence[TaggedSentence]) -> tuple[str, ...]:
    """Return every tag that occurs, in order of code points."""
    return tuple(sorted({word.tag for sentence in sentences for word in sentence.words}))


def tagged_part(
    path: Path, sentences: Sequence[TaggedSentence], lexicon: Lexicon, tag_names: tuple[str, ...]
) -> Part:
    """Return the sentences of a file as tokens and tags.

    Raises:
        DataError: a tag is none of `tag_names`; names file, line, word and tag.
    """
    for word in (word for sentence in sentences for word in sentence.words):
        if word.tag not in tag_names:
            raise DataError(
                f"{path}, line {word.line}: {word.form!r} has tag {word.tag!r}, which does not "
                f"occur in training (which has {', '.join(tag_names)}); no model can learn it."
            )
    number = {tag: index for index, tag in enumerate(tag_names)}
    return Part(
        sequences_of(
            [lexicon.encode(_forms(sentence)) for sentence in sentences],
            tags=[np.array([number[word.tag] for word in each.words]) for each in sentences],
            ids=tuple(sentence.id for sentence in sentences),
        )
    )


def _forms(sentence: TaggedSentence) -> list[str]:
    return [word.form for word in sentence.words]
