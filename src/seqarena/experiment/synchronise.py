"""Every journal of a checkout, into its MLflow store."""

from pathlib import Path

from seqarena.experiment.layout import Workspace
from seqarena.tracking.location import locate_store
from seqarena.tracking.sync import SyncReport, sync


def _suites(workspace: Workspace) -> list[Path]:
    """Return the folders of runs, reports and decisions of every suite."""
    folders = workspace.home.glob("suites/*")
    names = ("runs", "reports", "retraining")
    return [folder / name for folder in sorted(folders) for name in names]


def synchronise(workspace: Workspace, thorough: bool = False) -> SyncReport:
    """Replay every journal, of decisions and half-done fits too; close runs that were left open.

    Raises:
        SeqarenaError: the store cannot be opened.
    """
    return sync(
        workspace.runs,
        workspace.reports,
        locate_store(workspace.home),
        other_roots=[workspace.fits, workspace.retraining, *_suites(workspace)],
        thorough=thorough,
    )
