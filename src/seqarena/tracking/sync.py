"""Brings a tracking store to what the journals say, whatever happened to it or to their writers."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from seqarena.errors import ArtifactError, SeqarenaError
from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.events import RunBegun
from seqarena.tracking.location import StoreLocation, redact
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.parts import is_newer, load_parts, must_be_rebuilt
from seqarena.tracking.reading import JOURNAL_NAME, read_opening
from seqarena.tracking.replay import Replay

_MAX_FAILURES_IN_A_ROW = 3


@dataclass
class SyncReport:
    """What a synchronisation did."""

    n_journals: int = 0
    n_runs: int = 0
    rebuilt: list[str] = field(default_factory=list)
    """Keys of runs that were replaced, because the store held what no journal tells any more."""
    killed: list[str] = field(default_factory=list)
    """Keys of runs closed as KILLED, because their writer is gone without an end."""
    notes: list[str] = field(default_factory=list)
    """What could not be stored and never will, such as a deleted file."""
    failed: list[str] = field(default_factory=list)
    """Runs or journals that a later synchronisation must try again, and why."""


def sync(
    runs_root: Path,
    reports_root: Path,
    location: StoreLocation,
    *,
    other_roots: Sequence[Path] = (),
    thorough: bool = False,
) -> SyncReport:
    """Replay every journal below the folders; no run whose writer is gone stays RUNNING.

    Args:
        runs_root: Folder of all experiments.
        reports_root: Folder of the comparison.
        location: The store, which may be empty.
        other_roots: Further folders, such as the scratch folder of half-done fits.
        thorough: Send everything again, even what the store is known to hold.

    Raises:
        SeqarenaError: the store cannot be opened.
    """
    report = SyncReport()
    groups = _group(_find((runs_root, reports_root, *other_roots), report))
    report.n_runs = len(groups)
    with client_environment(PATIENT):
        store = _open(location)
        n_failures = 0
        for key, journals in sorted(groups.items()):
            if n_failures >= _MAX_FAILURES_IN_A_ROW:
                report.failed.append(f"{key}: not tried after {n_failures} failures in a row.")
                continue
            n_failures = 0 if _try_run(store, key, journals, report, thorough) else n_failures + 1
    return report


def _open(location: StoreLocation) -> Store:
    try:
        return Store(location)
    except Exception as error:
        raise SeqarenaError(
            f"the tracking store {location} cannot be opened ({redact(str(error))}); start it, "
            "or set MLFLOW_TRACKING_URI to another one. The journals keep everything meanwhile."
        ) from error


def _find(roots: Iterable[Path], report: SyncReport) -> dict[Path, RunBegun]:
    """Return every journal below the folders and how it begins."""
    found: dict[Path, RunBegun] = {}
    for path in sorted({p.resolve() for root in roots for p in root.rglob(JOURNAL_NAME)}):
        try:
            opening = read_opening(path)
        except (ArtifactError, OSError) as error:
            report.failed.append(str(error))
            continue
        if opening is None:
            report.notes.append(f"{path}: its writer was stopped before it told anything.")
        else:
            found[path] = opening
    report.n_journals = len(found)
    return found


def _group(journals: dict[Path, RunBegun]) -> dict[str, dict[Path, RunBegun]]:
    """Return the journals of each run in order of time: of each part the newest and longest."""
    chosen: dict[tuple[str, str], Path] = {}
    for path, begun in journals.items():
        part = (begun.key, begun.part)
        if part not in chosen or _rank(path, begun) > _rank(chosen[part], journals[chosen[part]]):
            chosen[part] = path
    groups: dict[str, dict[Path, RunBegun]] = defaultdict(dict)
    for path in sorted(chosen.values(), key=lambda path: journals[path].time):
        groups[journals[path].key][path] = journals[path]
    return groups


def _rank(path: Path, begun: RunBegun) -> tuple[int, int]:
    return begun.time, path.stat().st_size


def _try_run(
    store: Store, key: str, journals: dict[Path, RunBegun], report: SyncReport, thorough: bool
) -> bool:
    """Bring one run up to date; report a failure instead of raising it."""
    try:
        _sync_run(store, key, journals, report, thorough)
    except Exception as error:
        report.failed.append(redact(f"{key}: {type(error).__name__}: {error}"))
        return isinstance(error, SeqarenaError)
    return True


def _sync_run(
    store: Store, key: str, journals: dict[Path, RunBegun], report: SyncReport, thorough: bool
) -> None:
    """Bring one run up to date, replacing it where MLflow offers no other way."""
    openings = list(journals.values())
    run = store.find(openings[0].experiment, key)
    parts = load_parts(run.tags) if run else {}
    if any(is_newer(parts, begun) for begun in openings):
        report.notes.append(f"{key}: the store has a newer run from elsewhere; left as it is.")
        return
    if run is not None and must_be_rebuilt(parts, openings):
        store.delete(run.run_id)
        report.rebuilt.append(key)
    for path in journals:
        follower = Replay(path, store, thorough=thorough)
        follower.step(close_dead=True)
        report.notes.extend(follower.notes)
        if follower.was_closed:
            report.killed.append(key)
