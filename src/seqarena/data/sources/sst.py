"""Sentiment of sentences from film reviews: the Stanford Sentiment Treebank."""

import re
from pathlib import Path
from typing import Literal

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.plain_text import lines_of, read_plain_text
from seqarena.data.sources.labelled_texts import (
    AboutTexts,
    LabelledText,
    LabelledTextConfig,
    labelled_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError

_FOLDER = "sentiment_sst"
_OFFICIAL = "https://nlp.stanford.edu/sentiment/"
_SHA256 = {
    "stsa.binary.dev": "02fedc82855dbdcabe82c65ed1af6c6570788eaac51073cdb35ee8c7784426d1",
    "stsa.binary.test": "6a80dc9b9a0db2d3b37f2f809304febad31c90ab67a5b4157b7d9f881c53ef5b",
    "stsa.binary.train": "71c04bcc41291fa47454dd670df701b14ee9249156babeaac404cfe2c8d74338",
    "stsa.fine.dev": "b2f76c62b960f9fda5c6d751edb125abab4f878eb94a8754239b7f4af647f4c3",
    "stsa.fine.test": "0e2ebb450c231f7b3d67fc932066e7bb26ae7bad8c88488f45ed44ef02eb3c73",
    "stsa.fine.train": "9b52b5f686ed438d4d0274c385369251b3d579b578fddd340ba8a9bae2ca4bee",
}
_NAMES = {Split.TRAIN: "train", Split.VALID: "dev", Split.TEST: "test"}
_CLASSES = {
    "binary": ("negative", "positive"),
    "fine": ("very negative", "negative", "neutral", "positive", "very positive"),
}
_LINE = re.compile(r"([0-4]) (.*\S.*)")


class SstConfig(LabelledTextConfig):
    """The official split of sentences; the files lie in the folder that SEQARENA_MIRROR names."""

    kind: Literal["sst"]
    labels: Literal["binary", "fine"] = "binary"
    """`binary`: SST-2, without neutral sentences; `fine`: SST-5."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_sst(self)


def read_sst(config: SstConfig) -> SourceData:
    """Read the three files: whole sentences alone, without the labelled phrases inside them.

    Raises:
        DataError: the mirror is not set, a file is missing or another one, or a line is none.
    """
    classes = _CLASSES[config.labels]
    texts = {}
    for split, name in _NAMES.items():
        file = f"stsa.{config.labels}.{name}"
        path = mirrored_file(_FOLDER, file, _SHA256[file], _OFFICIAL)
        texts[split] = parse_labelled_lines(path, len(classes), name)
    return labelled_source(
        texts,
        config,
        AboutTexts(
            classes,
            Provenance(
                description=f"Stanford Sentiment Treebank, {len(classes)} classes, sentences only "
                f"({_OFFICIAL})",
                licence="none stated",
                citation="R. Socher et al. (2013). Recursive deep models for semantic "
                "compositionality over a sentiment treebank. EMNLP 2013.",
                versions={name: f"sha256 {digest}" for name, digest in _SHA256.items()},
            ),
            {
                "split": "official",
                "training": "whole sentences alone; most published numbers train on the labelled "
                "phrases inside them too",
            },
        ),
    )


def parse_labelled_lines(path: Path, n_classes: int, name: str) -> list[LabelledText]:
    """Read lines of a label, a space, and a text.

    Raises:
        DataError: a line is none, or its label is not below `n_classes`.
    """
    found = []
    for number, line in enumerate(lines_of(read_plain_text(path)), start=1):
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) >= n_classes:
            raise DataError(
                f"{path}, line {number}: {line[:40]!r} is not a label from 0 to {n_classes - 1}, a "
                "space and a text."
            )
        found.append(LabelledText(f"{name}-{number}", match[2], int(match[1])))
    return found
