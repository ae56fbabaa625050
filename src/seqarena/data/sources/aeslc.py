"""Subject lines of e-mails: the Annotated Enron Subject Line Corpus."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import Field

from seqarena.data.encoding import Tokens, encoded_subwords
from seqarena.data.manifest import Manifest
from seqarena.data.published.archives import read_texts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.short_forms import AESLC
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
from seqarena.data.subwords import learn_subwords, tidied
from seqarena.errors import DataError

_FILE = "enron_subject_line.tar.gz"
_NAME = re.compile(r"(train|dev|test)/.+\.subject")
_HEAD = re.compile(r"^@(subject|ann\d)$", re.MULTILINE)
_SPLITS = {"train": Split.TRAIN, "dev": Split.VALID, "test": Split.TEST}


class AeslcConfig(SourceConfig):
    """The official split of a published data set (`seqarena data show aeslc`)."""

    input_kind = "tokens"
    kind: Literal["aeslc"]
    references: Literal["original", "all"] = "original"
    """What a test summary is compared with: the subject line that was sent, as published numbers
    are; or that and those which people wrote for it afterwards, the nearest of which counts."""
    n_subwords: int = Field(default=8000, ge=300)
    """Vocabulary of e-mails and subject lines, learned from the training pairs that are kept."""
    max_source: int = Field(default=256, ge=1)
    """Subwords of an e-mail; its end is cut off, in every split."""
    max_target: int = Field(default=32, ge=2)
    """Subwords of a subject line, its end symbol included; longer ones are cut (never as a
    reference)."""
    n_train: int | None = Field(default=None, ge=1)
    """Training pairs that are kept, drawn at random; None: all 14,436."""
    seed: int = Field(default=0, ge=0)
    """Seed of that draw."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (AESLC,)

    def tokens_of(self, text: str, manifest: Manifest) -> Tokens:
        """Return the subwords of a text of somebody's own."""
        return encoded_subwords(text, manifest)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_aeslc(self)


def read_aeslc(config: AeslcConfig) -> SourceData:
    """Read the archive in memory, learn subwords of the training pairs, and turn all into them.

    Raises:
        DataError: the archive is missing or another one, or a file of it has no subject.
    """
    path = published_file(AESLC, _FILE)
    files = read_texts(path, lambda name: _NAME.fullmatch(name) is not None)
    found, n_without_text = pairs_of(files, config.references)
    found[Split.TRAIN] = drawn(found[Split.TRAIN], config.n_train, config.seed)
    subwords = learn_subwords(
        [text for pair in found[Split.TRAIN] for text in (pair.source, pair.target)],
        config.n_subwords,
    )
    parts, counts = subword_parts(found, subwords, config.max_source, config.max_target)
    return SourceData(
        schema=subword_schema(subwords, "summary"),
        parts=parts,
        provenance=AESLC.provenance(
            f"AESLC, e-mails and their subject lines ({AESLC.official[0]})", _FILE
        ),
        protocol={
            "split": "official: train, dev, test",
            "training_pairs": "all" if config.n_train is None else f"{config.n_train} drawn",
            "subwords": f"byte-pair encoding of {len(subwords)}, shared by e-mails and subjects, "
            "learned from the training pairs",
            "longest": f"{config.max_source} subwords of an e-mail, {config.max_target} of a "
            "subject; references are whole",
            "references": "the original subject line"
            if config.references == "original"
            else "the original subject line and the annotators', the nearest counts",
            "scored": "ROUGE F1 (rouge-score, stemmed) of detokenised outputs",
        },
        symbols=subwords.symbols,
        target_symbols=(*subwords.symbols, END),
        tokeniser=subwords.tokeniser,
        counts={**counts, "pairs_without_text": n_without_text},
    )


def pairs_of(
    files: Mapping[str, str], references: Literal["original", "all"]
) -> tuple[dict[Split, Sequence[TextPair]], int]:
    """Return the e-mails of each split, and how many had an empty body or subject.

    Those are left out.

    Raises:
        DataError: a file has no line `@subject`.
    """
    found: dict[Split, list[TextPair]] = {split: [] for split in Split}
    n_without_text = 0
    for name, content in files.items():
        body, *rest = _HEAD.split(content)
        told = {head: tidied(text) for head, text in zip(rest[::2], rest[1::2], strict=True)}
        if "subject" not in told:
            raise DataError(f"{_FILE}: {name} has no line '@subject'; download the archive again.")
        subject = told.pop("subject")
        if not tidied(body) or not subject:
            n_without_text += 1
            continue
        others = tuple(text for text in told.values() if text) if references == "all" else ()
        pair = TextPair(name, body, subject, (subject, *others))
        found[_SPLITS[name.split("/")[0]]].append(pair)
    return dict(found), n_without_text
