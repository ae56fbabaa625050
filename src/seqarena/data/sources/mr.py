"""Sentiment of snippets from film reviews: the sentence polarity data set (MR)."""

from typing import Literal

import numpy as np
from jaxtyping import Int
from pydantic import Field

from seqarena.data.plain_text import lines_of
from seqarena.data.published.archives import read_texts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.labelled_text import MR
from seqarena.data.published.record import Published
from seqarena.data.sources.labelled_texts import (
    N_FOLDS,
    AboutTexts,
    LabelledText,
    LabelledTextConfig,
    fold_parts,
    labelled_source,
)
from seqarena.data.sources.source_data import SourceData
from seqarena.seeds import numpy_generator

_FILE = "sentence_polarity.zip"
_MEMBERS = ("sentence_polarity/rt-polarity.neg", "sentence_polarity/rt-polarity.pos")


class MrConfig(LabelledTextConfig):
    """One fold of ten (`seqarena data show mr`)."""

    kind: Literal["mr"]
    fold: int = Field(default=0, ge=0, lt=N_FOLDS)
    """Which tenth is the test; there is no official split."""
    seed: int = Field(default=0, ge=0)
    """Seed of the draw of folds, the same for all ten, and of validation."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MR,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_mr(self)


def read_mr(config: MrConfig) -> SourceData:
    """Read the archive in memory, and take one fold as the test.

    Raises:
        DataError: the archive is missing or another one.
    """
    path = published_file(MR, _FILE)
    members = read_texts(path, lambda name: name in _MEMBERS)
    texts = [
        LabelledText(f"{name[-3:]}-{number}", line, label)
        for label, name in enumerate(_MEMBERS)
        for number, line in enumerate(lines_of(members[name]), start=1)
        if line.strip()
    ]
    folds = drawn_folds(np.array([each.label for each in texts]), config.seed)
    return labelled_source(
        fold_parts(texts, folds, config.fold, config.seed),
        config,
        AboutTexts(
            ("negative", "positive"),
            MR.provenance(f"sentence polarity data set 1.0, MR ({MR.official[0]})", _FILE),
            {
                "split": f"fold {config.fold} of {N_FOLDS}, drawn within each class with seed "
                f"{config.seed}; a tenth of the others validates",
            },
        ),
    )


def drawn_folds(labels: Int[np.ndarray, "texts"], seed: int) -> Int[np.ndarray, "texts"]:
    """Return a fold from 0 to 9 for each text; each class is spread evenly over them."""
    folds = np.zeros(len(labels), dtype=np.int64)
    generator = numpy_generator(seed, "folds")
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        folds[rows] = np.arange(len(rows)) % N_FOLDS
    return folds
