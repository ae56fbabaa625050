"""Every journal of a workspace, into its MLflow store."""

from seqarena.experiment.layout import Workspace
from seqarena.tracking.location import locate_store
from seqarena.tracking.sync import SyncReport, sync


def synchronise(workspace: Workspace, thorough: bool = False) -> SyncReport:
    """Replay the journals of runs, reports and half-done fits; close runs whose writer is gone.

    Raises:
        SeqarenaError: the store cannot be opened.
    """
    return sync(
        workspace.runs,
        workspace.reports,
        locate_store(workspace.home),
        other_roots=[workspace.fits],
        thorough=thorough,
    )
