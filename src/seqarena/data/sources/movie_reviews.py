"""Sentiment of whole film reviews: the polarity data set 2.0."""

import re
from typing import Literal

import numpy as np
from pydantic import Field

from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
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

_FOLDER = "sentiment_movie_reviews"
_FILE = "movie_reviews.zip"
_OFFICIAL = "https://www.cs.cornell.edu/people/pabo/movie-review-data/"
_SHA256 = "a41211ae685019137410268134db6a1a14428c89b671eb83056151a878539008"
_NAME = re.compile(r"movie_reviews/(neg|pos)/cv(\d)\d\d_\d+\.txt")
_CLASSES = ("negative", "positive")


class MovieReviewsConfig(LabelledTextConfig):
    """One of the authors' ten folds; the archive lies in the folder SEQARENA_MIRROR names."""

    kind: Literal["movie_reviews"]
    fold: int = Field(default=0, ge=0, lt=N_FOLDS)
    """Which of the authors' folds is the test: fold 0 is the files cv000 to cv099, and so on."""
    seed: int = Field(default=0, ge=0)
    """Seed of the draw of validation."""

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_movie_reviews(self)


def read_movie_reviews(config: MovieReviewsConfig) -> SourceData:
    """Read the archive in memory, and take one fold as the test.

    Raises:
        DataError: the mirror is not set, or the archive is missing or another one.
    """
    path = mirrored_file(_FOLDER, _FILE, _SHA256, _OFFICIAL)
    found = zip_texts(path, lambda name: _NAME.fullmatch(name) is not None)
    names = [match for name in found if (match := _NAME.fullmatch(name))]
    texts = [LabelledText(each[0], found[each[0]], int(each[1] == "pos")) for each in names]
    folds = np.array([int(each[2]) for each in names])
    return labelled_source(
        fold_parts(texts, folds, config.fold, config.seed),
        config,
        AboutTexts(
            _CLASSES,
            Provenance(
                description=f"polarity data set 2.0, whole film reviews ({_OFFICIAL})",
                licence="CC BY 4.0, as NLTK's index states",
                citation="B. Pang, L. Lee (2004). A sentimental education: sentiment analysis "
                "using subjectivity summarization based on minimum cuts. ACL 2004.",
                versions={_FILE: f"sha256 {_SHA256}"},
            ),
            {
                "split": f"fold {config.fold} of the authors' {N_FOLDS}; a tenth of the others "
                f"validates, drawn within each class with seed {config.seed}",
            },
        ),
    )
