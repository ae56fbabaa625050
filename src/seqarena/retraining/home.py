"""Where a retraining keeps what it must not lose: its lock, its ledger, its decisions."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RetrainingHome:
    """The folder of one entry of `retraining` in params.yaml.

    Git ignores it, as it does the MLflow store: a checkout of an older commit must not take back
    what was decided.
    """

    root: Path
    """Folder of all entries (`Workspace.retraining`)."""
    name: str

    @property
    def folder(self) -> Path:
        """Folder of everything below."""
        return self.root / self.name

    @property
    def lock(self) -> Path:
        """File that the one retraining which runs holds."""
        return self.folder / "lock"

    @property
    def ledger(self) -> Path:
        """Append-only record of what was decided, and why."""
        return self.folder / "ledger.jsonl"

    @property
    def remembered(self) -> Path:
        """File of what the last look at the inputs found; may be deleted."""
        return self.folder / "remembered.json"

    @property
    def decisions(self) -> Path:
        """A folder for each decision."""
        return self.folder / "decisions"

    def decision(self, identity: str) -> Path:
        """Folder of one decision: its evidence, and the package if it promotes."""
        return self.decisions / identity
