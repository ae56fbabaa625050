"""English and Spanish sentence pairs of the European Parliament, 200 of them aligned by hand."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.links import Links, links_of
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.record import Published
from seqarena.data.published.translations import EUROPARL_EN_ES
from seqarena.data.sources.parallel_text import sentence_pairs
from seqarena.data.sources.sentence_pairs import (
    Corpus,
    SplitConfig,
    alignment_source,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData

_FILES = ("corpus.en", "corpus.es", "dev.en", "dev.es", "dev.key")


class EuroparlConfig(SourceConfig):
    """Which language of a published data set is translated."""

    input_kind = "tokens"
    kind: Literal["europarl_en_es"]
    source: Literal["en", "es"] = "en"
    """Language of the source sentences; the other one is the target."""
    split: SplitConfig = SplitConfig()
    """How the pairs without gold become training and validation."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (EUROPARL_EN_ES,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_europarl(self)


def read_europarl(config: EuroparlConfig) -> SourceData:
    """Read the five files of M. Collins's third assignment: 5,401 pairs, and 200 with gold links.

    The gold knows no difference between sure and possible links.

    Raises:
        DataError: a file is missing or another one.
    """
    target = "es" if config.source == "en" else "en"
    files = {name: published_file(EUROPARL_EN_ES, name) for name in _FILES}
    pairs, test = (
        sentence_pairs(files[f"{part}.{config.source}"], files[f"{part}.{target}"])
        for part in ("corpus", "dev")
    )
    links = _gold(files["dev.key"], len(test), is_english_first=config.source == "en")
    return alignment_source(
        Corpus(pairs, test, links),
        config.split,
        EUROPARL_EN_ES.provenance(EUROPARL_EN_ES.title, *_FILES),
    )


def _gold(path: Path, n_pairs: int, is_english_first: bool) -> Links:
    """Read lines of `pair english spanish`, all counted from 1; one line stands there twice."""
    rows = np.loadtxt(path, dtype=np.int64) - 1
    columns = [1, 2] if is_english_first else [2, 1]
    return links_of([rows[rows[:, 0] == pair][:, columns] for pair in range(n_pairs)])
