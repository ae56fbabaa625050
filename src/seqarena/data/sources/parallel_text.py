"""Sentence pairs from text files: one sentence per line, words separated by spaces."""

import re
from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.file_hash import file_sha256
from seqarena.data.links import Links, Pairs, links_of
from seqarena.data.manifest import Provenance
from seqarena.data.plain_text import lines_of, read_plain_text
from seqarena.data.sources.sentence_pairs import (
    Corpus,
    SentencePair,
    SplitConfig,
    alignment_source,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.errors import DataError

_LINK = re.compile(r"(\d+)-(\d+)")


class ParallelTextConfig(SourceConfig):
    """A user's own sentence pairs, and gold links for those of the test."""

    input_kind = "tokens"
    kind: Literal["parallel_text"]
    source: str
    """File of the training sentences whose words are translated (UTF-8)."""
    target: str
    """File of their translations, line by line."""
    test_source: str
    """File of the test sentences."""
    test_target: str
    """File of their translations."""
    test_links: str
    """File of their gold links: `i-j` for each, source word and target word from 0, as in Pharaoh's
    format; one line per pair."""
    split: SplitConfig = SplitConfig()
    """How the training pairs become training and validation."""

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The five files."""
        names = (self.source, self.target, self.test_source, self.test_target, self.test_links)
        return tuple(map(Path, names))

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_parallel_text(self)


def read_parallel_text(config: ParallelTextConfig) -> SourceData:
    """Read the five files.

    Raises:
        DataError: a file is missing, is not UTF-8, or two that belong together differ in length;
            or a line of links is not one.
    """
    paths = [
        Path(name)
        for name in (config.source, config.target, config.test_source, config.test_target)
    ]
    test = sentence_pairs(paths[2], paths[3])
    links = _read_links(Path(config.test_links), len(test))
    corpus = Corpus(sentence_pairs(paths[0], paths[1]), test, links)
    return alignment_source(
        corpus,
        config.split,
        Provenance(
            description=f"sentence pairs of {config.source} and {config.target}",
            licence="the user's own",
            citation="none",
            versions={path.name: file_sha256(path) for path in paths},
        ),
    )


def sentence_pairs(source: Path, target: Path) -> list[SentencePair]:
    """Read two files line by line.

    Raises:
        DataError: a file is missing or not UTF-8, or they differ in length.
    """
    sides = [lines_of(read_plain_text(path)) for path in (source, target)]
    if len(sides[0]) != len(sides[1]):
        raise DataError(
            f"{source} has {len(sides[0])} lines and {target} {len(sides[1])}; line n of one must "
            "be the translation of line n of the other."
        )
    return [(tuple(one.split()), tuple(other.split())) for one, other in zip(*sides, strict=True)]


def _read_links(path: Path, n_pairs: int) -> Links:
    lines = lines_of(read_plain_text(path))
    if len(lines) != n_pairs:
        raise DataError(
            f"{path} has {len(lines)} lines, but there are {n_pairs} test pairs; write one line of "
            "links for each, an empty one for none."
        )
    return links_of([_parse(path, number, line) for number, line in enumerate(lines, start=1)])


def _parse(path: Path, number: int, line: str) -> Pairs:
    found = [_LINK.fullmatch(word) for word in line.split()]
    if None in found:
        wrong = line.split()[found.index(None)]
        raise DataError(f"{path} line {number}: {wrong!r} is no link; write it like '3-4'.")
    pairs = [(int(match[1]), int(match[2])) for match in found if match is not None]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
