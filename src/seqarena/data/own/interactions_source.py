"""A user's own interactions: who took what, and when; as sequences of items, one for each user."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from seqarena.data.own.assembly import AboutOwn, own_source
from seqarena.data.own.cells import name_of
from seqarena.data.own.csv_table import read_csv
from seqarena.data.own.example import Example
from seqarena.data.own.files_source import OwnFilesConfig, own_provenance, split_own
from seqarena.data.own.splitting import SplitRule
from seqarena.data.own.table import Table, checked_table
from seqarena.data.own.table_examples import time_of
from seqarena.data.sources.source_data import SourceData


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
        columns = self.columns
        wanted = [columns.user, columns.item, columns.time]
        table = checked_table(read_csv(path, self.delimiter), wanted)
        rows: dict[str, list[int]] = {}
        for row in range(len(table)):
            rows.setdefault(name_of(table, row, columns.user), []).append(row)
        return [self._user(table, user, own) for user, own in rows.items()]

    def _user(self, table: Table, user: str, rows: list[int]) -> Example:
        ordered = sorted(rows, key=lambda row: time_of(table, row, self.columns.time))
        items = tuple(name_of(table, row, self.columns.item) for row in ordered)
        return Example(table.where(rows[0]), user, items, group=user)
