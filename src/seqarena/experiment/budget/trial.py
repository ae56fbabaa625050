"""One trial of a random search: an experiment by itself, fitted once and judged on validation."""

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from seqarena.data.arrow_store import read_split
from seqarena.data.file_hash import path_sha256
from seqarena.data.manifest import read_manifest
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError, ConvergenceError
from seqarena.experiment.budget.search_record import LOSS_OF_FITS, LOSS_OF_LABELS, Trial
from seqarena.experiment.budget.sizing import sized
from seqarena.experiment.budget.spaces import trial_seed, trial_settings, with_settings
from seqarena.experiment.fingerprint import fingerprint
from seqarena.experiment.fit_seed import REPORT_FILE, fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment
from seqarena.families.engine_fit import batches_by_length
from seqarena.families.family import ClassifierFamily
from seqarena.families.store import load_family
from seqarena.sequences import Sequences


def trial_of(experiment: Experiment, number: int, prepared: Path) -> Experiment:
    """Return a trial as an experiment: its settings drawn, then its width solved.

    It draws no maps, and has a seed of its own: no fit that is judged was chosen for its luck.

    Raises:
        ConfigError: no width within the budget goes with the settings.
    """
    name, budget = experiment.name, experiment.budget
    settings = trial_settings(budget.space, budget.seed, name, number)
    at = f"experiments.{name}: trial {number}"
    return sized(
        replace(
            experiment,
            family=with_settings(experiment.family, settings, at),
            task=experiment.task.model_copy(update={"n_probes": 0}),
            seeds=(trial_seed(budget.seed, name, number),),
            trial=number,
        ),
        prepared,
    )


def run_trial(
    experiment: Experiment, number: int, prepared: Path, workspace: Workspace, show_progress: bool
) -> tuple[Trial, Path]:
    """Fit a trial, unless that is done, and return what it says and the folder of its run.

    A fit that diverges is a trial that failed; it is not begun again, for it would again.

    Raises:
        ConfigError: the settings cannot be run at all.
        ArtifactError: the prepared data is not what `prepare` wrote.
        SeqarenaError: whatever else stops a fit, such as too little memory: a trial that would do
            well on another machine is not counted as failed.
    """
    trial = trial_of(experiment, number, prepared)
    (seed,) = trial.seeds
    identity = fingerprint(
        trial, read_manifest(prepared), seed, path_sha256(workspace.start(trial.name))
    )
    drawn = trial_settings(experiment.budget.space, experiment.budget.seed, experiment.name, number)
    found = Trial(number, drawn, seed, identity, loss=None)
    home = workspace.fits / identity
    try:
        run = fit_seed(trial, seed, prepared, workspace, show_progress)
    except ConvergenceError as error:
        return replace(found, message=str(error)), home / "run"
    return _judged(found, run, trial, read_split(prepared, Split.VALID)), run


def loss_name(experiment: Experiment) -> str:
    """Say which loss decides between the trials of an experiment."""
    return LOSS_OF_LABELS if experiment.task.kind == "classification" else LOSS_OF_FITS


def _judged(found: Trial, run: Path, trial: Experiment, valid: Sequences) -> Trial:
    report: dict[str, Any] = json.loads((run / REPORT_FILE).read_text(encoding="utf-8"))
    loss = report["valid_loss"]
    if trial.task.kind == "classification":
        loss = _loss_of_labels(run, valid)
    is_finite = loss is not None and math.isfinite(loss)
    return replace(
        found,
        loss=loss if is_finite else None,
        message="" if is_finite else "its validation loss is not finite",
        n_parameters=report["n_parameters"],
        wall_seconds=report["wall_seconds"],
        training_flops=report["training_flops"],
    )


@torch.no_grad()
def _loss_of_labels(run: Path, valid: Sequences) -> float:
    """Return the mean of -log p(label | x) [nats], which all classifiers can be asked for.

    The validation losses of their fits are unlike: those of densities by Bayes' rule are of
    sequences and labels together.
    """
    family = load_family(run)
    if not isinstance(family, ClassifierFamily):
        raise ArtifactError(f"{run}: is no classifier, and its task is one; train it again.")
    total = sum(float(family.log_prob(batch).sum()) for batch in batches_by_length(valid))
    return -total / len(valid)
