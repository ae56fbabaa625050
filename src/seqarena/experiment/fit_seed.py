"""One fit: a function of (settings, data, code, seed), done once and kept by its fingerprint."""

import contextlib
import fcntl
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torch import nn

from seqarena.data.arrow_store import read_part, read_split
from seqarena.data.file_hash import path_sha256
from seqarena.data.manifest import Manifest, read_manifest, verify_prepared
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.errors import ConfigError, ConvergenceError
from seqarena.experiment.diverged import read_diverged, write_diverged
from seqarena.experiment.fingerprint import fingerprint
from seqarena.experiment.identity import seed_run, tell_data
from seqarena.experiment.layout import Workspace
from seqarena.experiment.maps_over_training import MapsOverTraining
from seqarena.experiment.suite import Experiment
from seqarena.families.catalogue import AnyFamily, build_family
from seqarena.families.earlier_fit import begin_from, start_obstacle
from seqarena.families.store import CONFIG_FILE, MODEL_FILE, save_family
from seqarena.fitting.observer import Observer
from seqarena.fitting.processes import is_main_process
from seqarena.fitting.protocols import FitReport, FitSetting, Recorder
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import locate_store
from seqarena.tracking.shipper import Shipper

JOURNAL_FILE = "journal.jsonl"
REPORT_FILE = "report.json"
_COMPLETE = "complete"


def fit_seed(
    experiment: Experiment, seed: int, prepared: Path, workspace: Workspace, show_progress: bool
) -> Path:
    """Return the folder of the finished run of one seed; fit it first if that is not done.

    A fit that was killed goes on where its last checkpoint stands. Of several processes that want
    the same fit, one does it and the others wait.

    Raises:
        ArtifactError: the prepared data is not what `prepare` wrote.
        ConvergenceError: it diverges, or did before.
        SeqarenaError: whatever else the fit raises; its run is marked FAILED.
    """
    manifest = verify_prepared(prepared)
    start = path_sha256(workspace.start(experiment.name))
    identity = fingerprint(experiment, manifest, seed, start)
    home = workspace.fits / identity
    with _alone(home):
        if seed in (known := read_diverged(home)):
            raise ConvergenceError(known[seed])
        if not (home / _COMPLETE).exists():
            try:
                _fit(experiment, seed, prepared, manifest, home, workspace, show_progress)
            except ConvergenceError as error:
                if is_main_process():
                    write_diverged(home, {seed: str(error)})
                raise
    return home / "run"


def _fit(
    experiment: Experiment,
    seed: int,
    prepared: Path,
    manifest: Manifest,
    home: Path,
    workspace: Workspace,
    show_progress: bool,
) -> None:
    train, part = read_split(prepared, Split.TRAIN), read_part(prepared, Split.VALID)
    family = build_family(experiment.family, manifest.schema, seed)
    goes_on = _begun(family, experiment, manifest, workspace.start(experiment.name))
    with _recording(experiment, seed, home, manifest, workspace) as recorder:
        setting = FitSetting(
            seed=seed,
            training=experiment.task.training,
            hardware=experiment.hardware,
            scratch=home / "checkpoints",
            recorder=recorder,
            label=f"{experiment.name} seed {seed}",
            show_progress=show_progress,
            observer=_observer(experiment, recorder, part, manifest),
            goes_on=goes_on,
        )
        report = family.fit(train, part.sequences, setting)
        if isinstance(recorder, Journal):
            _store(experiment, seed, home, manifest, family, report)
            _tell_results(recorder, home / "run", report)
    if is_main_process():
        (home / _COMPLETE).touch()
        shutil.rmtree(home / "checkpoints", ignore_errors=True)


def _begun(family: AnyFamily, experiment: Experiment, manifest: Manifest, start: Path) -> bool:
    """Begin from the earlier fit in a folder, if there is one; say whether there is."""
    if not start.is_dir():
        return False
    obstacle = start_obstacle(experiment.family, experiment.task.kind)
    if obstacle is not None:
        raise ConfigError(
            [f"{experiment.name}: cannot begin from an earlier fit ({start}): {obstacle}."]
        )
    begin_from(family, start, manifest, read_manifest(start))
    return True


def _observer(
    experiment: Experiment, recorder: Recorder, valid: Part, manifest: Manifest
) -> Observer | None:
    """Return who draws the maps of validation examples, where pictures are wanted at all."""
    if not experiment.task.n_probes:
        return None
    if isinstance(recorder, Journal):
        return MapsOverTraining(recorder, valid, manifest)
    return _Absence()


@contextlib.contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the fit's lock; ranks other than the first belong to the process that holds it."""
    if not is_main_process():
        yield
        return
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _recording(
    experiment: Experiment, seed: int, home: Path, manifest: Manifest, workspace: Workspace
) -> Iterator[Recorder]:
    """Yield the journal of the run, shipped to MLflow meanwhile; nothing on the other ranks."""
    if not is_main_process():
        yield _Silence()
        return
    (home / "run").mkdir(exist_ok=True)
    journal = Journal(home / "run" / JOURNAL_FILE)
    with Shipper(locate_store(workspace.home)) as shipper, journal:
        journal.begin(seed_run(experiment, seed, home.name, part="fit"))
        shipper.follow(journal.path)
        journal.params(
            {"family": _dump(experiment.family), "training": _dump(experiment.task.training)}
        )
        for split in (Split.TRAIN, Split.VALID):
            context = "training" if split is Split.TRAIN else "validation"
            tell_data(journal, experiment.task_name, manifest, split, context)
        yield journal


def _store(
    experiment: Experiment,
    seed: int,
    home: Path,
    manifest: Manifest,
    family: AnyFamily,
    report: FitReport,
) -> None:
    provenance = {
        "experiment": experiment.name,
        "task": experiment.task_name,
        "family_entry": experiment.family_name,
        "training": _dump(experiment.task.training),
        "hardware": _dump(experiment.hardware),
        "seed": seed,
        "fingerprint": home.name,
        "data": manifest.content_hashes(),
    }
    save_family(home / "run", family, experiment.family, manifest.schema, provenance)
    text = json.dumps(report.as_dict(), indent=2, allow_nan=False)
    (home / "run" / REPORT_FILE).write_text(text + "\n")


def _tell_results(journal: Journal, run: Path, report: FitReport) -> None:
    costs = {
        f"fit/{name}": float(value)
        for name, value in report.as_dict().items()
        if isinstance(value, int | float)
    }
    journal.metrics(costs, step=0)
    journal.tags({"stop_reason": report.stop_reason})
    for file in (CONFIG_FILE, MODEL_FILE, REPORT_FILE):
        journal.artifact(run / file, "model")


def _dump(record: Any) -> dict[str, Any]:
    dumped: dict[str, Any] = record.model_dump(mode="json")
    return dumped


class _Absence:
    """The observer of the ranks that do not keep the journal: they help to gather the model."""

    def observe(self, model: nn.Module, n_epochs: int) -> None:
        """Look at nothing."""


class _Silence:
    """The recorder of the ranks that do not keep the journal."""

    def metric(self, name: str, value: float, step: int) -> None:
        """Take no note."""
