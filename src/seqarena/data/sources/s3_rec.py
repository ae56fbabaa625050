"""Amazon Beauty and LastFM as S3-Rec published them: each line a user and the items in order."""

from pathlib import Path
from typing import Literal

import numpy as np

from seqarena.data.candidates import ItemLists, item_lists_of
from seqarena.data.leave_one_out import History
from seqarena.data.manifest import Provenance
from seqarena.data.mirror import mirrored_file
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.user_histories import (
    AboutHistories,
    UserHistoriesConfig,
    history_source,
)
from seqarena.errors import DataError

_FOLDER = "rec_s3rec_beauty_lastfm"
_OFFICIAL = "https://github.com/RUCAIBox/CIKM2020-S3Rec"
_SHA256 = {
    "Beauty.txt": "226cce9c3105299ca0db9615d7d3fb32b3175e90da43100ae352599f0f0107b8",
    "LastFM.txt": "9ded486adb5b0fe9dc761950afa0a9a05e93ff018992e0c52bf11afec529f802",
    "LastFM_sample.txt": "60194cc2e4fd1aa8b5dc8872e1f3af9c6abd09c39d478d3df9337cb97e6e2f0d",
}
_CITATION = (
    "K. Zhou et al. (2020). S3-Rec: Self-supervised learning for sequential recommendation with "
    "mutual information maximization. CIKM 2020."
)


class BeautyConfig(UserHistoriesConfig):
    """Reviews of Amazon's category Beauty: 22,363 users, 12,101 items, each with 5 or more."""

    kind: Literal["beauty"]

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_beauty(self)


class LastFmConfig(UserHistoriesConfig):
    """Artists that listeners tagged: 1,090 users, 3,646 artists; with 99 fixed negatives each."""

    kind: Literal["lastfm"]

    def read(self) -> SourceData:
        """Make the three parts."""
        return read_lastfm(self)


def read_beauty(config: BeautyConfig) -> SourceData:
    """Read the file.

    Raises:
        DataError: the mirror is not set, or the file is missing or another one.
    """
    users, histories = read_lines(_path("Beauty.txt"))
    about = AboutHistories(
        provenance=Provenance(
            description="Amazon reviews, category Beauty, users and items with five reviews or "
            f"more, in order of time, as S3-Rec prepared them ({_OFFICIAL})",
            licence="unclear: none is stated; J. McAuley's page asks for citation and research use",
            citation=f"{_CITATION} J. McAuley et al. (2015). Image-based recommendations on styles "
            "and substitutes. SIGIR 2015.",
            versions={"Beauty.txt": f"sha256 {_SHA256['Beauty.txt']}"},
        ),
        items=_item_names(histories),
    )
    return history_source(users, _from_zero(histories), config, about)


def read_lastfm(config: LastFmConfig) -> SourceData:
    """Read the histories and the negatives.

    Raises:
        DataError: the mirror is not set, or a file is missing or another one.
    """
    users, histories = read_lines(_path("LastFM.txt"))
    names = ("LastFM.txt", "LastFM_sample.txt")
    about = AboutHistories(
        provenance=Provenance(
            description="artists that the users of Last.fm tagged (HetRec 2011), in order of time, "
            f"as S3-Rec prepared them ({_OFFICIAL})",
            licence="non-commercial use (HetRec 2011)",
            citation=f"{_CITATION} I. Cantador, P. Brusilovsky, T. Kuflik (2011). HetRec 2011.",
            versions={name: f"sha256 {_SHA256[name]}" for name in names},
        ),
        items=_item_names(histories),
        negatives=negatives_of(users, histories, *read_lines(_path("LastFM_sample.txt"))),
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


def _path(name: str) -> Path:
    return mirrored_file(_FOLDER, name, _SHA256[name], _OFFICIAL)


def _from_zero(histories: list[History]) -> list[History]:
    return [history - 1 for history in histories]


def _item_names(histories: list[History]) -> tuple[str, ...]:
    n_items = max(int(history.max()) for history in histories)
    return tuple(str(item) for item in range(1, n_items + 1))
