"""Fit one seed of one experiment into the scratch folder: `python -m ... EXPERIMENT SEED`.

Or one trial of its search: `python -m ... EXPERIMENT trial-3`.

`experiment.parallel` starts many of these beside each other. The imports stand inside `main`, so
that a warm process can take over before they are paid for.
"""

import contextlib
import os

from seqarena.experiment.warm_start import run_stage

TRIAL = "trial-"
"""What stands before the number of a trial, in place of a seed."""


def main(argv: list[str]) -> None:
    """Fit what `argv` names, unless it is fitted."""
    from seqarena.errors import ConvergenceError
    from seqarena.experiment.budget.searching import settled
    from seqarena.experiment.budget.trial import run_trial
    from seqarena.experiment.fit_seed import fit_seed
    from seqarena.experiment.layout import Workspace
    from seqarena.experiment.suite import read_experiment

    name, which = argv
    # DVC sets this in a stage; the fit is that stage's, though it runs ahead of it.
    os.environ.setdefault("DVC_STAGE", f"train@{name}")
    workspace = Workspace.here()
    experiment = read_experiment(name)
    prepared = workspace.prepared(experiment.task_name)
    if which.startswith(TRIAL):
        number = int(which.removeprefix(TRIAL))
        run_trial(experiment, number, prepared, workspace, show_progress=False)
        return
    # Of a fit that diverges the stage `train` tells, which finds it noted.
    with contextlib.suppress(ConvergenceError):
        experiment = settled(experiment, prepared, workspace)
        fit_seed(experiment, int(which), prepared, workspace, show_progress=False)


if __name__ == "__main__":
    run_stage(main)
