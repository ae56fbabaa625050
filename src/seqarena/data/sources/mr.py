"""Sentiment of snippets from film reviews: the sentence polarity data set (MR)."""

from typing import Literal

import numpy as np
from jaxtyping import Int
from pydantic import Field

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.plain_text import lines_of
from seqarena.data.sources.compressed_files import zip_texts
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

_FOLDER = "sentiment_mr"
_FILE = "sentence_polarity.zip"
_OFFICIAL = "https://www.cs.cornell.edu/people/pabo/movie-review-data/"
_SHA256 = "6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b"
_MEMBERS = ("sentence_polarity/rt-polarity.neg", "sentence_polarity/rt-polarity.pos")


class MrConfig(LabelledTextConfig):
    """One fold of ten; the archive lies in the folder that SEQARENA_MIRROR names."""

    kind: Literal["mr"]
    fold: int = Field(default=0, ge=0, lt=N_FOLDS)
    """Which tenth is the test; there is no official split."""
    seed: int = Field(default=0, ge=0)
    """Seed of the draw of folds, the same for all ten, and of validation."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_mr(self)


def read_mr(config: MrConfig) -> SourceData:
    """Read the archive in memory, and take one fold as the test.

    Raises:
        DataError: the mirror is not set, or the archive is missing or another one.
    """
    path = mirrored_file(_FOLDER, _FILE, _SHA256, _OFFICIAL)
    members = zip_texts(path, lambda name: name in _MEMBERS)
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
            Provenance(
                description=f"sentence polarity data set 1.0, MR ({_OFFICIAL})",
                licence="CC BY 4.0, as NLTK's index states",
                citation="B. Pang, L. Lee (2005). Seeing stars: exploiting class relationships for "
                "sentiment categorization with respect to rating scales. ACL 2005.",
                versions={_FILE: f"sha256 {_SHA256}"},
            ),
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
