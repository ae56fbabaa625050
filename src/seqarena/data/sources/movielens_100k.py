"""MovieLens 100K: which films each user rated, in order of time."""

from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Int
from pydantic import Field

from seqarena.data.leave_one_out import k_core
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.items import ML100K
from seqarena.data.published.record import Published
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.user_histories import (
    AboutHistories,
    UserHistoriesConfig,
    history_source,
)
from seqarena.errors import DataError

_FILE = "ml-100k.inter"
_N_FIELDS = 4
_ORDER = {"file": "place in the file", "item": "number of the film"}

Ratings = Int[np.ndarray, "ratings 3"]
"""User, film and time [seconds since 1970] of each rating, in the order of the file."""


class MovieLens100kConfig(UserHistoriesConfig):
    """100,000 ratings of 943 users; whatever the rating is, the film was chosen."""

    kind: Literal["movielens_100k"]
    k_core: int = Field(default=1, ge=1)
    """Users and films with fewer ratings are dropped, again and again until none is left; 1 keeps
    all."""
    same_time: Literal["file", "item"] = "file"
    """What orders ratings of one second, as which 44 % of the users gave their last two: the file,
    or the number of the film, with which some published tables were made."""

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (ML100K,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_movielens_100k(self)


def read_movielens_100k(config: MovieLens100kConfig) -> SourceData:
    """Read the file.

    Raises:
        DataError: the file is missing or another one.
    """
    ratings = read_ratings(published_file(ML100K, _FILE))
    kept = ratings[k_core(ratings[:, 0], ratings[:, 1], config.k_core)]
    if not len(kept):
        raise DataError(f"k_core: {config.k_core} leaves no rating; lower it.")
    films, items = np.unique(kept[:, 1], return_inverse=True)
    about = AboutHistories(
        provenance=ML100K.provenance(
            f"MovieLens 100K, ratings by time ({ML100K.official[0]})", _FILE
        ),
        items=tuple(str(film) for film in films),
        protocol={
            "order": f"by time; of one time, by {_ORDER[config.same_time]}",
            "k_core": config.k_core,
        },
        counts={"ratings": len(kept), "ratings_dropped": len(ratings) - len(kept)},
    )
    items = items.reshape(-1)
    within = np.arange(len(items)) if config.same_time == "file" else items
    users, histories = by_time(kept[:, 0], items, kept[:, 2], within)
    return history_source(users, histories, config, about)


def read_ratings(path: Path) -> Ratings:
    """Return user, film and time of every rating.

    Raises:
        DataError: names the line that holds something else.
    """
    lines = path.read_text(encoding="ascii").splitlines()[1:]
    rows = []
    for number, line in enumerate(lines, 2):
        fields = line.split("\t")
        if len(fields) != _N_FIELDS or not all(field.isdecimal() for field in fields):
            raise DataError(
                f"{path}, line {number}: expected user, film, rating and time, got {line[:60]!r}; "
                "download the file again."
            )
        user, film, _, time = map(int, fields)
        rows.append((user, film, time))
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def by_time(
    users: Int[np.ndarray, "choices"],
    items: Int[np.ndarray, "choices"],
    times: Int[np.ndarray, "choices"],
    within: Int[np.ndarray, "choices"],
) -> tuple[list[str], list[np.ndarray]]:
    """Return each user and what it chose in order of time; of one time, in the order `within`."""
    order = np.lexsort((within, times, users))
    names, first = np.unique(users[order], return_index=True)
    return [str(name) for name in names], np.split(items[order], first[1:])
