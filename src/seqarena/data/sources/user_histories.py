"""What the sources of users and their items share: how histories become the parts of a task."""

from dataclasses import dataclass, field

from pydantic import Field

from seqarena.data.candidates import ItemLists, refuse_unknown_items
from seqarena.data.leave_one_out import History, LeaveOneOut, leave_one_out
from seqarena.data.manifest import Fact, Provenance
from seqarena.data.sources.source_config import SourceConfig
from seqarena.data.sources.source_data import SourceData
from seqarena.data.splits import Split
from seqarena.schema import DataSchema


class UserHistoriesConfig(SourceConfig):
    """How the items of each user are split: the last is the test, the last but one validation."""

    input_kind = "tokens"
    max_length: int = Field(default=50, ge=1)
    """Most items that a family sees before the one that it predicts; older ones are forgotten."""
    fit_on_valid: bool = False
    """Whether the validation items are in training too. Then validation measures nothing, and a
    network that stops by it stops too late; families that count lose nothing."""

    @property
    def cut(self) -> LeaveOneOut:
        """How histories are cut."""
        return LeaveOneOut(self.max_length, self.fit_on_valid)


@dataclass(frozen=True)
class AboutHistories:
    """What a source says of its histories."""

    provenance: Provenance
    items: tuple[str, ...]
    """Name of each item."""
    protocol: dict[str, Fact] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    negatives: ItemLists | None = None
    """Published items for each user that are ranked beside the right one."""


def history_source(
    users: list[str], histories: list[History], config: UserHistoriesConfig, about: AboutHistories
) -> SourceData:
    """Return histories of items, split by leaving one out.

    Raises:
        DataError: a user has too few items, or a list of negatives names an unknown one.
    """
    parts = leave_one_out(users, histories, config.cut, about.negatives)
    candidates = parts[Split.TEST].candidates
    if candidates is not None:
        refuse_unknown_items(candidates, len(about.items), Split.TEST)
    learned = "all but the test item" if config.fit_on_valid else "all but the last two items"
    return SourceData(
        schema=DataSchema("recommendation", n_symbols=len(about.items)),
        parts=parts,
        provenance=about.provenance,
        protocol={
            "split": "leave one out: a user's last item is the test, the last but one validation",
            "training": f"{learned} of every user, each scored once",
            "max_length": config.max_length,
            "fit_on_valid": config.fit_on_valid,
            "scored": "validation and test: the item left out, given at most "
            f"{config.max_length} items before it",
            **about.protocol,
        },
        symbols=about.items,
        counts={"users": len(histories), "items": len(about.items), **about.counts},
    )
