"""Where everything lies. `dvc.yaml` says the same, and a test holds the two together."""

from dataclasses import dataclass
from pathlib import Path

from seqarena.data.published.checkout import checkout

PARAMS_FILE = Path("params.yaml")


@dataclass(frozen=True)
class Workspace:
    """The folders of one checkout."""

    root: Path
    """Folder that holds `params.yaml` and `dvc.yaml`."""
    home: Path
    """Folder of the MLflow store and of scratch: the checkout that `dvc exp` copied from, or whose
    suite this is."""

    @classmethod
    def here(cls) -> "Workspace":
        """Return the workspace of the present folder, absolute."""
        return cls(Path.cwd(), checkout().resolve())

    def prepared(self, task: str) -> Path:
        """Folder of a task's prepared splits."""
        return self.root / "data" / "prepared" / task

    def start(self, experiment: str) -> Path:
        """Folder of the earlier fit that an experiment's fits begin from; mostly there is none."""
        return self.root / "data" / "start" / experiment

    def fit(self, experiment: str) -> Path:
        """Folder of an experiment's fitted seeds."""
        return self.runs / experiment / "fit"

    def evaluation(self, experiment: str) -> Path:
        """Folder of an experiment's scores and maps."""
        return self.runs / experiment / "evaluation"

    def metrics(self, experiment: str) -> Path:
        """File of an experiment's metrics, as `dvc metrics` reads it."""
        return self.runs / experiment / "metrics.json"

    @property
    def runs(self) -> Path:
        """Folder of all experiments."""
        return self.root / "runs"

    @property
    def reports(self) -> Path:
        """Folder of the comparison."""
        return self.root / "reports"

    @property
    def retraining(self) -> Path:
        """Folder of what was decided of models that are kept fresh."""
        return self.root / "retraining"

    @property
    def fits(self) -> Path:
        """Scratch folder of fits by fingerprint: checkpoints while they run, the run afterwards."""
        return self.home / ".scratch" / "fits"
