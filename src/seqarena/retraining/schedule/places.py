"""Where a schedule keeps what it knows: one folder beside `schedule.yaml`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seqarena.retraining.schedule.events import instant_text


@dataclass(frozen=True)
class Places:
    """The files of one schedule."""

    root: Path
    """Folder of `schedule.yaml`, in which the commands run."""

    @property
    def folder(self) -> Path:
        """Folder of all that is written."""
        return self.root / "schedule"

    @property
    def journal(self) -> Path:
        """What happened: append-only JSON Lines."""
        return self.folder / "journal.jsonl"

    @property
    def heartbeat(self) -> Path:
        """The last sign of life, as JSON."""
        return self.folder / "heartbeat.json"

    @property
    def page(self) -> Path:
        """The status as a page for a browser."""
        return self.folder / "status.html"

    @property
    def lock(self) -> Path:
        """Held by the one scheduler."""
        return self.folder / "locks" / ".scheduler"

    def task_lock(self, task: str) -> Path:
        """Held by the one run of a task."""
        return self.folder / "locks" / task

    def logs(self, task: str) -> Path:
        """Folder of all that the runs of a task printed."""
        return self.folder / "logs" / task

    def log(self, task: str, tick: datetime) -> Path:
        """File of what one run printed."""
        return self.logs(task) / f"{instant_text(tick).replace(':', '')}.log"
