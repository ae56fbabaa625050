"""A params file of its own, run through the project's own stages, in one process.

    SEQARENA_MIRROR=FOLDER python benchmarks/run_suite.py SUITE.yaml FOLDER

Prepares every task, fits and evaluates every experiment and writes the comparison, all below
FOLDER, laid out as a checkout is (`data/prepared`, `runs`, `reports`, `mlflow.db`). For files that
are written by a program (`ten_folds.py`); suites are run by `make suite NAME=...`. What is fitted
already is not fitted again, so that a suite may grow. Prints the report's tables.
"""

import os
import sys
from pathlib import Path

from seqarena.experiment.compare import compare
from seqarena.experiment.evaluate import evaluate
from seqarena.experiment.layout import Workspace
from seqarena.experiment.question import QuestionConfig, read_asked
from seqarena.experiment.suite import Suite
from seqarena.experiment.train import train
from seqarena.tasks.prepare import prepare_task


def run(suite: Suite, workspace: Workspace, question: QuestionConfig | None = None) -> None:
    """Run what the stages of DVC run, one after the other."""
    for name, task in suite.tasks.items():
        prepare_task(name, task, workspace.prepared(name))
    for name, experiment in suite.experiments.items():
        prepared = workspace.prepared(experiment.task_name)
        train(experiment, prepared, workspace.fit(name))
        evaluate(
            experiment,
            prepared,
            workspace.fit(name),
            workspace.evaluation(name),
            workspace.metrics(name),
        )
    asked = question or QuestionConfig()
    compare(suite, asked, workspace.root / "data/prepared", workspace.runs, workspace.reports)


def main(suite_file: Path, folder: Path) -> None:
    """Run the suite inside the folder, and print its report."""
    suite, question = read_asked(suite_file.resolve())
    folder.mkdir(parents=True, exist_ok=True)
    # The stages take the present folder for the checkout: journals and MLflow's store lie there.
    os.chdir(folder)
    workspace = Workspace.here()
    run(suite, workspace, question)
    print((workspace.reports / "comparison.md").read_text())


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
