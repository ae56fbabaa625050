"""Random search before the fits that are judged: as many trials for every experiment."""

import shutil
from dataclasses import replace
from pathlib import Path

import torch

from seqarena.errors import ConfigError, ConvergenceError
from seqarena.experiment.budget.search_record import (
    TRIALS_FOLDER,
    SearchRecord,
    Trial,
    write_record,
)
from seqarena.experiment.budget.sizing import sized
from seqarena.experiment.budget.trial import loss_name, run_trial, trial_of
from seqarena.experiment.fit_seed import JOURNAL_FILE
from seqarena.experiment.identity import seed_run
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment
from seqarena.fitting.settings import HardwareConfig
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import locate_store
from seqarena.tracking.shipper import Shipper


def settled(
    experiment: Experiment,
    prepared: Path,
    workspace: Workspace,
    *,
    fits: Path | None = None,
    show_progress: bool = False,
) -> Experiment:
    """Return the experiment as its budget leaves it: settings chosen on validation, width solved.

    Args:
        experiment: as it stands in params.yaml.
        prepared: folder of its task's prepared splits.
        workspace: whose scratch keeps the fits of the trials.
        fits: folder for the record of the search and the runs of its trials; None: keep nothing.
        show_progress: draw bars.

    Raises:
        ConfigError: the budget cannot be kept.
        ConvergenceError: every trial failed.
    """
    if experiment.budget.trials is None:
        return sized(experiment, prepared)
    refuse_several_processes(experiment)
    found = [
        run_trial(experiment, number, prepared, workspace, show_progress)
        for number in range(experiment.budget.trials)
    ]
    record = SearchRecord(
        experiment.name, loss_name(experiment), tuple(trial for trial, _ in found)
    )
    if fits is not None:
        write_record(fits, record)
        _keep(experiment, record, [run for _, run in found], fits, prepared, workspace)
    best = record.selected
    if best.loss is None:
        raise ConvergenceError(
            f"{experiment.name}: all {len(record.trials)} trials failed, the first because: "
            f"{record.trials[0].message} Narrow its space under `search`."
        )
    return replace(experiment, family=trial_of(experiment, best.number, prepared).family)


def refuse_several_processes(experiment: Experiment) -> None:
    """Refuse a search whose fits are several processes each: they would have to agree on it.

    Raises:
        ConfigError: says what to set.
    """
    hardware: HardwareConfig = experiment.hardware
    several = hardware.devices == "auto" and torch.cuda.device_count() > 1
    if hardware.nodes > 1 or several or hardware.devices not in ("auto", 1):
        raise ConfigError(
            [
                f"hardware.devices: {hardware.devices}, and budget.trials searches with fits of "
                "one process; set devices: 1 and nodes: 1."
            ]
        )


def _keep(
    experiment: Experiment,
    record: SearchRecord,
    runs: list[Path],
    fits: Path,
    prepared: Path,
    workspace: Workspace,
) -> None:
    """Copy the run of each trial, and journal what the search made of it."""
    with Shipper(locate_store(workspace.home)) as shipper:
        for trial, run in zip(record.trials, runs, strict=True):
            own = fits / TRIALS_FOLDER / f"trial-{trial.number}"
            if run.is_dir():
                shutil.copytree(run, own, dirs_exist_ok=True)
            path = own / "search" / JOURNAL_FILE
            path.parent.mkdir(parents=True, exist_ok=True)
            shipper.follow(path)
            _tell(trial_of(experiment, trial.number, prepared), trial, record, path)


def _tell(experiment: Experiment, trial: Trial, record: SearchRecord, path: Path) -> None:
    with Journal(path) as journal:
        journal.begin(seed_run(experiment, trial.seed, trial.fingerprint, part="search"))
        journal.params({f"search.{knob}": value for knob, value in trial.settings.items()})
        if trial.loss is not None:
            journal.metrics({"search/validation_loss": trial.loss}, step=0)
        places = {"selected": record.selected, "median": record.median}
        place = ", ".join(name for name, each in places.items() if each is trial)
        journal.tags({"search": place or ("failed" if trial.loss is None else "tried")})
