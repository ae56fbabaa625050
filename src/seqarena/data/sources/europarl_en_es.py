"""English and Spanish sentence pairs of the European Parliament, 200 of them aligned by hand."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.links import Links, links_of
from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.sources.parallel_text import sentence_pairs
from seqarena.data.sources.sentence_pairs import (
    Corpus,
    SplitConfig,
    alignment_source,
)
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData

_FOLDER = "align_europarl_en_es"
_OFFICIAL = "https://spark-public.s3.amazonaws.com/nlangp/assignments/h3-p.pdf"
_SHA256 = {
    "corpus.en": "f4c837660be07bdccfef15e95f34ee9bd89638bbd7685fb65fc3ce89a465e59c",
    "corpus.es": "78fb919d3757fc8563de1a96a85ed4a75db6603ef93513914cb5cf0b3d78c1f4",
    "dev.en": "d72b404bf4aaff1a0da3349d305ecdc7ed5735f23bd77a9a889a44fc3901d17c",
    "dev.es": "5423f964bf86fbed948164619d3c6b826f0430c1283d430580b8cf93179eb6ee",
    "dev.key": "99759e9c50b32e47434dabf27f295893b13654f3742d54b9f4d7efdeeb6eacbf",
}


class EuroparlConfig(SourceConfig):
    """Which language is translated; the files lie in the folder that SEQARENA_MIRROR names."""

    input_kind = "tokens"
    kind: Literal["europarl_en_es"]
    source: Literal["en", "es"] = "en"
    """Language of the source sentences; the other one is the target."""
    split: SplitConfig = SplitConfig()
    """How the pairs without gold become training and validation."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_europarl(self)


def read_europarl(config: EuroparlConfig) -> SourceData:
    """Read the five files of M. Collins's third assignment: 5,401 pairs, and 200 with gold links.

    The gold knows no difference between sure and possible links.

    Raises:
        DataError: the mirror is not set, or a file is missing or is another one.
    """
    target = "es" if config.source == "en" else "en"
    files = {name: mirrored_file(_FOLDER, name, _SHA256[name], _OFFICIAL) for name in _SHA256}
    pairs, test = (
        sentence_pairs(files[f"{part}.{config.source}"], files[f"{part}.{target}"])
        for part in ("corpus", "dev")
    )
    links = _gold(files["dev.key"], len(test), is_english_first=config.source == "en")
    return alignment_source(
        Corpus(pairs, test, links),
        config.split,
        Provenance(
            description="Europarl English-Spanish, the part of M. Collins's course on natural "
            "language processing (Columbia, assignment 3)",
            licence="Europarl: no known copyright restriction; gold links: none stated",
            citation="P. Koehn (2005). Europarl: a parallel corpus for statistical machine "
            "translation. MT Summit X, 79-86.",
            versions=dict(_SHA256),
        ),
    )


def _gold(path: Path, n_pairs: int, is_english_first: bool) -> Links:
    """Read lines of `pair english spanish`, all counted from 1; one line stands there twice."""
    rows = np.loadtxt(path, dtype=np.int64) - 1
    columns = [1, 2] if is_english_first else [2, 1]
    return links_of([rows[rows[:, 0] == pair][:, columns] for pair in range(n_pairs)])
