"""The stage `train`: every seed of one experiment, in one process."""

import shutil
import sys
import time
from pathlib import Path

from seqarena.errors import ConvergenceError
from seqarena.experiment.budget.searching import settled
from seqarena.experiment.diverged import write_diverged
from seqarena.experiment.fit_seed import fit_seed
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment
from seqarena.fitting.processes import is_main_process, n_processes
from seqarena.wording import counted


def train(experiment: Experiment, prepared: Path, fits: Path) -> None:
    """Fit every seed as the budget asks, and copy the finished runs to `fits/seed-<n>`.

    Seeds share the process because importing the libraries costs more than many a fit. A seed that
    diverges is a result too: what was said of it is kept beside the others, which are fitted all
    the same.

    Raises:
        ConfigError: the budget cannot be kept; nothing was fitted.
        SeqarenaError: whatever else a fit raises; of several processes also that one diverged, for
            the others may be waiting for it.
    """
    began = time.monotonic()
    workspace, show_progress = Workspace.here(), sys.stderr.isatty()
    diverged: dict[int, str] = {}
    try:
        experiment = settled(
            experiment, prepared, workspace, fits=fits, show_progress=show_progress
        )
    except ConvergenceError as error:
        # Nothing was chosen, so that nothing can be fitted: no seed has a score.
        diverged = dict.fromkeys(experiment.seeds, str(error))
        sys.stderr.write(f"{error} The report counts its seeds.\n")
    for seed in [each for each in experiment.seeds if each not in diverged]:
        try:
            run = fit_seed(experiment, seed, prepared, workspace, show_progress)
        except ConvergenceError as error:
            if n_processes() > 1:
                raise
            diverged[seed] = str(error)
            sys.stderr.write(f"{error} The other seeds go on; the report counts this one.\n")
            continue
        if is_main_process():
            shutil.copytree(run, fits / f"seed-{seed}", dirs_exist_ok=True)
    if is_main_process():
        write_diverged(fits, diverged)
        lost = f", {len(diverged)} diverged," if diverged else ""
        sys.stdout.write(
            f"{experiment.name}: {counted(len(experiment.seeds) - len(diverged), 'seed')} fitted "
            f"or found{lost} in {time.monotonic() - began:.1f} s\n"
        )
