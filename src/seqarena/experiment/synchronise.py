"""Every journal of a checkout, into its MLflow store."""

from pathlib import Path

from seqarena.experiment.layout import Workspace
from seqarena.tracking.location import locate_store
from seqarena.tracking.sync import SyncReport, sync


def _suites(workspace: Workspace) -> list[Path]:
    """Return the folders of runs and reports of every suite."""
    folders = workspace.home.glob("suites/*")
    return [folder / name for folder in sorted(folders) for name in ("runs", "reports")]


def synchronise(workspace: Workspace, thorough: bool = False) -> SyncReport:
    """Replay the journals of runs, reports, suites and half-done fits; close runs left open.

    Raises:
        SeqarenaError: the store cannot be opened.
    """
    return sync(
        workspace.runs,
        workspace.reports,
        locate_store(workspace.home),
        other_roots=[workspace.fits, *_suites(workspace)],
        thorough=thorough,
    )
