"""Fit one seed of one experiment into the scratch folder: `python -m ... EXPERIMENT SEED`.

`experiment.parallel` starts many of these beside each other. The imports stand inside `main`, so
that a warm process can take over before they are paid for.
"""

import contextlib
import os

from seqarena.experiment.warm_start import run_stage


def main(argv: list[str]) -> None:
    """Fit what `argv` names, unless it is fitted."""
    from seqarena.errors import ConvergenceError
    from seqarena.experiment.fit_seed import fit_seed
    from seqarena.experiment.layout import Workspace
    from seqarena.experiment.suite import read_experiment

    name, seed = argv
    # DVC sets this in a stage; the fit is that stage's, though it runs ahead of it.
    os.environ.setdefault("DVC_STAGE", f"train@{name}")
    workspace = Workspace.here()
    experiment = read_experiment(name)
    prepared = workspace.prepared(experiment.task_name)
    # Of a fit that diverges the stage `train` tells, which finds it noted.
    with contextlib.suppress(ConvergenceError):
        fit_seed(experiment, int(seed), prepared, workspace, show_progress=False)


if __name__ == "__main__":
    run_stage(main)
