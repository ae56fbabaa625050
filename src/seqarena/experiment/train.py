"""The stage `train`: every seed of one experiment, in one process."""

import shutil
import sys
import time
from pathlib import Path

from seqarena.experiment.budget.searching import settled
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment
from seqarena.fitting.processes import is_main_process
from seqarena.wording import counted


def train(experiment: Experiment, prepared: Path, fits: Path) -> None:
    """Fit every seed as the budget asks, and copy the finished runs to `fits/seed-<n>`.

    Seeds share the process because importing the libraries costs more than many a fit.

    Raises:
        ConfigError: the budget cannot be kept; nothing was fitted.
        ConvergenceError: every trial of a search failed.
        SeqarenaError: whatever a fit raises.
    """
    began = time.monotonic()
    workspace, show_progress = Workspace.here(), sys.stderr.isatty()
    experiment = settled(experiment, prepared, workspace, fits=fits, show_progress=show_progress)
    for seed in experiment.seeds:
        run = fit_seed(experiment, seed, prepared, workspace, show_progress)
        if is_main_process():
            shutil.copytree(run, fits / f"seed-{seed}", dirs_exist_ok=True)
    if is_main_process():
        sys.stdout.write(
            f"{experiment.name}: {counted(len(experiment.seeds), 'seed')} fitted or found in "
            f"{time.monotonic() - began:.1f} s\n"
        )
