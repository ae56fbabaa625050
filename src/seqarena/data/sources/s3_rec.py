"""Amazon Beauty and LastFM as S3-Rec published them: each line a user and the items in order."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.candidates import ItemLists, item_lists_of
from seqarena.data.leave_one_out import History
from seqarena.data.published.checked_files import published_file
from seqarena.data.published.items import BEAUTY, LASTFM
from seqarena.data.published.record import Published
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.user_histories import (
    AboutHistories,
    UserHistoriesConfig,
    history_source,
)
from seqarena.errors import DataError

_BEAUTY_FILE = "Beauty.txt"
_LASTFM_FILES = ("LastFM.txt", "LastFM_sample.txt")


class BeautyConfig(UserHistoriesConfig):
    """Reviews of Amazon's category Beauty: 22,363 users, 12,101 items, each with 5 or more."""

    kind: Literal["beauty"]

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (BEAUTY,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_beauty(self)


class LastFmConfig(UserHistoriesConfig):
    """Artists that listeners tagged: 1,090 users, 3,646 artists; with 99 fixed negatives each."""

    kind: Literal["lastfm"]

    @property
    def needs(self) -> tuple[Published, ...]:
        """Published data sets that these settings read."""
        return (LASTFM,)

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_lastfm(self)


def read_beauty(config: BeautyConfig) -> SourceData:
    """Read the file.

    Raises:
        DataError: the file is missing or another one.
    """
    users, histories = read_lines(published_file(BEAUTY, _BEAUTY_FILE))
    about = AboutHistories(
        provenance=BEAUTY.provenance(
            "Amazon reviews, category Beauty, users and items with five reviews or more, in order "
            f"of time, as S3-Rec prepared them ({BEAUTY.official[0]})",
            _BEAUTY_FILE,
        ),
        items=_item_names(histories),
    )
    return history_source(users, _from_zero(histories), config, about)


def read_lastfm(config: LastFmConfig) -> SourceData:
    """Read the histories and the negatives.

    Raises:
        DataError: a file is missing or another one.
    """
    chosen, sampled = (published_file(LASTFM, name) for name in _LASTFM_FILES)
    users, histories = read_lines(chosen)
    about = AboutHistories(
        provenance=LASTFM.provenance(
            "artists that the users of Last.fm tagged (HetRec 2011), in order of time, as S3-Rec "
            f"prepared them ({LASTFM.official[0]})",
            *_LASTFM_FILES,
        ),
        items=_item_names(histories),
        negatives=negatives_of(users, histories, *read_lines(sampled)),
    )
    return history_source(users, _from_zero(histories), config, about)


def read_lines(path: Path) -> tuple[list[str], list[History]]:
    """Return the users of a file, and the item numbers of each, from 1.

    Raises:
        DataError: a line holds something else, or no item.
    """
    users, histories = [], []
    for number, line in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
        user, *items = line.split()
        if not items or not all(item.isdecimal() and int(item) > 0 for item in items):
            raise DataError(
                f"{path}, line {number}: expected a user and item numbers from 1, got "
                f"{line[:60]!r}; download the file again."
            )
        users.append(user)
        histories.append(np.array([int(item) for item in items], dtype=np.int64))
    return users, histories


def negatives_of(
    users: list[str], histories: list[History], sampled: list[str], items: list[History]
) -> ItemLists:
    """Return the published negatives of each user, counted from 0, in the order of `users`.

    Raises:
        DataError: the files name different users, or a negative is an item that the user chose.
    """
    if sampled != users:
        raise DataError("the negatives are those of other users than the histories are of.")
    for user, history, own in zip(users, histories, items, strict=True):
        chosen = np.intersect1d(history, own)
        if chosen.size:
            raise DataError(f"user {user}: negative {chosen[0]} is an item that the user chose.")
    return item_lists_of(_from_zero(items))


def _from_zero(histories: list[History]) -> list[History]:
    return [history - 1 for history in histories]


def _item_names(histories: list[History]) -> tuple[str, ...]:
    n_items = max(int(history.max()) for history in histories)
    return tuple(str(item) for item in range(1, n_items + 1))
