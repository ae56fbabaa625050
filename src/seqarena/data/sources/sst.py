"""Sentiment of sentences from film reviews: the Stanford Sentiment Treebank."""

import re
from pathlib import Path
from typing import Literal

from seqarena.data.plain_text import lines_of, read_plain_text
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.labelled_text import SST
from seqarena.data.published.record import Published
from seqarena.data.sources.labelled_texts import (
    AboutTexts,
    LabelledText,
    LabelledTextConfig,
    labelled_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.errors import DataError

_NAMES = {Split.TRAIN: "train", Split.VALID: "dev", Split.TEST: "test"}
_CLASSES = {
    "binary": ("negative", "positive"),
    "fine": ("very negative", "negative", "neutral", "positive", "very positive"),
}
_LINE = re.compile(r"([0-4]) (.*\S.*)")


class SstConfig(LabelledTextConfig):
    """The official split of sentences (`seqarena data show sst`)."""

    kind: Literal["sst"]
    labels: Literal["binary", "fine"] = "binary"
    """`binary`: SST-2, without neutral sentences; `fine`: SST-5."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (SST,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_sst(self)


def read_sst(config: SstConfig) -> SourceData:
    """Read the three files: whole sentences alone, without the labelled phrases inside them.

    Raises:
        DataError: a file is missing or another one, or a line is none.
    """
    classes = _CLASSES[config.labels]
    files = {split: f"stsa.{config.labels}.{name}" for split, name in _NAMES.items()}
    texts = {
        split: parse_labelled_lines(published_file(SST, files[split]), len(classes), name)
        for split, name in _NAMES.items()
    }
    return labelled_source(
        texts,
        config,
        AboutTexts(
            classes,
            SST.provenance(
                f"Stanford Sentiment Treebank, {len(classes)} classes, sentences only "
                f"({SST.official[0]})",
                *files.values(),
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
