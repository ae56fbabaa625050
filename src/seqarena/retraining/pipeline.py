"""The stages that a retraining needs, run by DVC: no more of them than are affected."""

import os
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from seqarena.errors import SeqarenaError
from seqarena.experiment.repro import fit_stale
from seqarena.experiment.stage_code import CODE_STAGES
from seqarena.experiment.stage_failure import FAILURE_VARIABLE, StageFailure, read_failure
from seqarena.experiment.suite import read_suite
from seqarena.experiment.warm_start import SOCKET_VARIABLE, stage_server
from seqarena.retraining.outcomes import RefusedError
from seqarena.retraining.processes import run_group

_OF_DATA = ("check", "prepare")
"""Stages that fail because of data, where the settings have been read before."""


def prepare_data(task: str) -> None:
    """Prepare the task, if anything that it is made of changed, and see whether code has.

    Raises:
        RefusedError: the source is gone, or a guard refuses it.
    """
    _repro([f"prepare@{task}", *CODE_STAGES], {})


def fit_and_evaluate(experiments: Iterable[str], n_processes: int | None) -> None:
    """Fit and evaluate the experiments, as far as that is not done.

    Args:
        experiments: names in params.yaml.
        n_processes: fits at a time; None: one per core, or one if the machine has a GPU.

    Raises:
        SeqarenaError: a stage failed; names it.
    """
    suite, wanted = read_suite(), list(experiments)
    # Whoever started this process may have a server already, which every stage finds by itself.
    with stage_server(SOCKET_VARIABLE not in os.environ) as environment:
        fit_stale(suite, n_processes, environment, wanted)
        _repro([f"evaluate@{name}" for name in wanted], environment)


def _repro(targets: list[str], environment: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory(prefix="seqarena-") as folder:
        told = Path(folder) / "failure.json"
        command = [sys.executable, "-m", "dvc", "repro", *targets]
        done = run_group(command, {**environment, FAILURE_VARIABLE: str(told)}, quiet=False)
        failure = read_failure(told)
    if done.code != 0:
        raise _error(failure, done.code, targets)


def _error(failure: StageFailure | None, code: int, targets: list[str]) -> SeqarenaError:
    if failure is None:
        return SeqarenaError(f"`dvc repro {' '.join(targets)}` ended with code {code}; see above.")
    if failure.stage.partition("@")[0] in _OF_DATA:
        return RefusedError(f"stage {failure.stage} refused the data: {failure.message}")
    return SeqarenaError(f"stage {failure.stage} failed: {failure.message}")
