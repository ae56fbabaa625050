"""Sentiment of whole film reviews: the polarity data set 2.0."""

import re
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.published.archives import read_texts
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.labelled_text import MOVIE_REVIEWS
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

_FILE = "movie_reviews.zip"
_NAME = re.compile(r"movie_reviews/(neg|pos)/cv(\d)\d\d_\d+\.txt")
_CLASSES = ("negative", "positive")


class MovieReviewsConfig(LabelledTextConfig):
    """One of the authors' ten folds (`seqarena data show movie_reviews`)."""

    kind: Literal["movie_reviews"]
    fold: int = Field(default=0, ge=0, lt=N_FOLDS)
    """Which of the authors' folds is the test: fold 0 is the files cv000 to cv099, and so on."""
    seed: int = Field(default=0, ge=0)
    """Seed of the draw of validation."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (MOVIE_REVIEWS,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_movie_reviews(self)


def read_movie_reviews(config: MovieReviewsConfig) -> SourceData:
    """Read the archive in memory, and take one fold as the test.

    Raises:
        DataError: the archive is missing or another one.
    """
    path = published_file(MOVIE_REVIEWS, _FILE)
    found = read_texts(path, lambda name: _NAME.fullmatch(name) is not None)
    names = [match for name in found if (match := _NAME.fullmatch(name))]
    texts = [LabelledText(each[0], found[each[0]], int(each[1] == "pos")) for each in names]
    folds = np.array([int(each[2]) for each in names])
    return labelled_source(
        fold_parts(texts, folds, config.fold, config.seed),
        config,
        AboutTexts(
            _CLASSES,
            MOVIE_REVIEWS.provenance(
                f"polarity data set 2.0, whole film reviews ({MOVIE_REVIEWS.official[0]})", _FILE
            ),
            {
                "split": f"fold {config.fold} of the authors' {N_FOLDS}; a tenth of the others "
                f"validates, drawn within each class with seed {config.seed}",
            },
        ),
    )
