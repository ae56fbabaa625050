"""A user's own interactions: who took what, and when; as sequences of items, one for each user.

A density keeps whole users apart; a recommendation leaves the last items of each user out.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.leave_one_out import LEAST_ITEMS
from seqarena.data.own.assembly import AboutOwn, own_source
from seqarena.data.own.cells import name_of
from seqarena.data.own.csv_table import read_csv
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import OwnFilesConfig, own_provenance, split_own
from seqarena.data.own.splitting import SplitRule
from seqarena.data.own.table import Table, checked_table
from seqarena.data.own.table_examples import time_of
from seqarena.data.own.text import complaints
from seqarena.data.sources.source_data import SourceData
from seqarena.data.sources.user_histories import (
    AboutHistories,
    UserHistoriesConfig,
    history_source,
)
from seqarena.errors import DataError

_GLANCE_ROWS = 20


class InteractionColumns(BaseModel):
    """Which column of a CSV file is what."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, use_attribute_docstrings=True
    )

    user: str = "user"
    """Column of who it was."""
    item: str = "item"
    """Column of what was taken."""
    time: str = "time"
    """Column of when (a number, or a date in ISO 8601); at one time, the order of the lines."""


class InteractionsConfig(OwnFilesConfig):
    """A CSV file with an interaction in each line; a user is one sequence, and in one split."""

    input_kind = "tokens"
    kind: Literal["interactions"]
    columns: InteractionColumns = InteractionColumns()
    """Which column is what."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between the fields."""
    min_count: int = Field(default=1, ge=1)
    """An item that is taken less often in training is unknown everywhere."""

    def mistakes_in_files(self) -> list[str]:
        """Return what the names of the columns and the first lines show to be wrong."""
        return _glances(self.own_paths, self.columns, self.delimiter)

    @property
    def rule(self) -> SplitRule:
        """A user is a group: what a user takes next does not move that user to another split."""
        return "files" if self.valid_path and self.test_path else "group"

    def read(self) -> SourceData:
        """Make the three parts."""
        files = {split: self._users(path) for split, path in self.paths().items()}
        splits, protocol = split_own(self, files)
        about = AboutOwn(
            task_kind="density",
            provenance=own_provenance("interactions", self.own_paths),
            protocol={**protocol, "sequence": "the items of a user, by time"},
            min_count=self.min_count,
        )
        return own_source(splits, about)

    def _users(self, path: Path) -> list[Example]:
        return [
            Example(each.where, each.user, each.items, group=each.user)
            for each in read_users(path, self.columns, self.delimiter)
        ]


class InteractionHistoriesConfig(UserHistoriesConfig):
    """A CSV file with an interaction in each line; each user's last items are left out."""

    kind: Literal["interactions"]
    path: str
    """File of all interactions; relative to the folder of params.yaml."""
    columns: InteractionColumns = InteractionColumns()
    """Which column is what."""
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    """What stands between the fields."""
    min_items: int = Field(default=LEAST_ITEMS, ge=LEAST_ITEMS)
    """A user with fewer items is dropped, and counted."""

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The file."""
        return (Path(self.path),)

    def mistakes_in_files(self) -> list[str]:
        """Return what the names of the columns and the first lines show to be wrong."""
        return _glances(self.own_paths, self.columns, self.delimiter)

    def read(self) -> SourceData:
        """Make the three parts."""
        found = read_users(Path(self.path), self.columns, self.delimiter)
        users = [each for each in found if len(each.items) >= self.min_items]
        if not users:
            raise DataError(
                f"{self.path}: none of {len(found)} users has {self.min_items} items, as min_items "
                "asks; lower it, or give more data."
            )
        items = tuple(sorted({item for each in users for item in each.items}))
        number = {item: index for index, item in enumerate(items)}
        about = AboutHistories(
            own_provenance("interactions", self.own_paths),
            items,
            protocol={"order": "by time; of one time, by line", "min_items": self.min_items},
            counts={"users_dropped": len(found) - len(users)},
        )
        histories = [np.array([number[item] for item in each.items]) for each in users]
        return history_source([each.user for each in users], histories, self, about)


@dataclass(frozen=True)
class UserItems:
    """What one user took, in order of time."""

    where: str
    """File and line of the first interaction, for messages."""
    user: str
    items: tuple[str, ...]


def _glances(paths: Iterable[Path], columns: InteractionColumns, delimiter: str) -> list[str]:
    return complaints(lambda path: read_users(path, columns, delimiter, _GLANCE_ROWS), paths)


def read_users(
    path: Path, columns: InteractionColumns, delimiter: str, most_rows: int | None = None
) -> list[UserItems]:
    """Return what each user took, users in the order in which they first appear.

    With `most_rows`, of the first lines alone.

    Raises:
        DataError: the file is not such a table; names line and column.
    """
    wanted = [columns.user, columns.item, columns.time]
    table = checked_table(read_csv(path, delimiter, most_rows), wanted)
    rows: dict[str, list[int]] = {}
    for row in range(len(table)):
        rows.setdefault(name_of(table, row, columns.user), []).append(row)
    return [_user(table, columns, user, own) for user, own in rows.items()]


def _user(table: Table, columns: InteractionColumns, user: str, rows: list[int]) -> UserItems:
    ordered = sorted(rows, key=lambda row: time_of(table, row, columns.time))
    items = tuple(name_of(table, row, columns.item) for row in ordered)
    return UserItems(table.where(rows[0]), user, items)
