"""What one run of a retraining knows from its beginning."""

from dataclasses import dataclass

from seqarena.experiment.layout import Workspace
from seqarena.retraining.config import RetrainingConfig
from seqarena.retraining.home import RetrainingHome
from seqarena.retraining.ledger import Entry, Event, append, read_ledger
from seqarena.retraining.standing import Standing, standing_of
from seqarena.tracking.location import StoreLocation, locate_store


@dataclass(frozen=True)
class Context:
    """Where and what."""

    name: str
    config: RetrainingConfig
    workspace: Workspace
    is_warm: bool = False
    """Whether fits begin from the champion."""
    n_processes: int | None = None
    """Fits at a time; None: as many as the machine takes."""

    @property
    def home(self) -> RetrainingHome:
        """Folder of lock, ledger and decisions."""
        return RetrainingHome(self.workspace.retraining, self.name)

    @property
    def location(self) -> StoreLocation:
        """The MLflow store."""
        return locate_store(self.workspace.home)

    def standing(self) -> Standing:
        """Sum the ledger up as it is now."""
        return standing_of(read_ledger(self.home.ledger))

    def record(self, event: Event, **facts: object) -> Entry:
        """Append to the ledger."""
        return append(self.home.ledger, event, facts)
