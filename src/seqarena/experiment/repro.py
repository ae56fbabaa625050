"""The whole pipeline at the speed of the machine: cells in parallel, then one `dvc repro`."""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path

import torch

from seqarena.errors import ConfigError, SeqarenaError
from seqarena.experiment.budget.searching import refuse_several_processes
from seqarena.experiment.budget.sizing import sized
from seqarena.experiment.budget.trial import trial_of
from seqarena.experiment.fit_one import TRIAL
from seqarena.experiment.layout import Workspace
from seqarena.experiment.parallel import (
    fit_command,
    run_in_parallel,
    stage_command,
    usable_cores,
)
from seqarena.experiment.question import read_asked
from seqarena.experiment.stage_code import CODE_STAGES
from seqarena.experiment.stage_failure import FAILURE_VARIABLE, read_failure
from seqarena.experiment.suite import Experiment, Suite
from seqarena.experiment.synchronise import synchronise
from seqarena.experiment.warm_start import stage_server
from seqarena.fitting.settings import HardwareConfig
from seqarena.reporting.staleness import mark_stale


def reproduce(n_processes: int | None, use_warm_start: bool) -> str:
    """Run `dvc repro`, with every stale cell done beforehand on all cores; return the last words.

    Args:
        n_processes: fits, and then evaluations, at a time; None: one per core, or one if the
            machine has a GPU.
        use_warm_start: fork stages from one process that has imported everything.

    Raises:
        ConfigError: params.yaml is wrong; nothing was run.
        SeqarenaError: DVC ended with an error, which it printed; names the stage that failed. The
            report of an earlier run then says that it is one.
    """
    began = time.monotonic()
    try:
        _run(n_processes, use_warm_start)
    except (SeqarenaError, KeyboardInterrupt) as error:
        why = str(error) or "it was interrupted."
        if mark_stale(Workspace.here().reports, why, datetime.datetime.now(datetime.UTC)):
            sys.stderr.write("The report is of an earlier run, and now says so.\n")
        raise
    return _last_words(Workspace.here(), time.monotonic() - began)


def _run(n_processes: int | None, use_warm_start: bool) -> None:
    suite, _ = read_asked()
    try:
        with stage_server(use_warm_start) as environment:
            _dvc(["repro", "prepare", *CODE_STAGES], environment)
            refuse_over_budget(suite, Workspace.here())
            fit_stale(suite, n_processes, environment)
            _evaluate_stale(suite, n_processes, environment)
            _dvc(["repro"], environment)
    finally:
        catch_up(Workspace.here())


def refuse_over_budget(suite: Suite, workspace: Workspace) -> None:
    """Stop before anything is trained where a budget of parameters cannot be kept.

    Raises:
        ConfigError: with a line for each experiment that cannot.
    """
    mistakes = []
    for each in suite.experiments.values():
        try:
            _size_all(each, workspace.prepared(each.task_name))
        except ConfigError as error:
            mistakes += error.mistakes
    if mistakes:
        raise ConfigError(mistakes)


def _size_all(experiment: Experiment, prepared: Path) -> None:
    """Solve the width of an experiment, or of each of its trials."""
    if experiment.budget.trials is None:
        sized(experiment, prepared)
        return
    refuse_several_processes(experiment)
    for number in range(experiment.budget.trials):
        trial_of(experiment, number, prepared)


def _dvc(arguments: list[str], environment: Mapping[str, str]) -> None:
    command = [sys.executable, "-m", "dvc", *arguments]
    with tempfile.TemporaryDirectory(prefix="seqarena-") as folder:
        told = Path(folder) / "failure.json"
        full = {**os.environ, **environment, FAILURE_VARIABLE: str(told)}
        code = subprocess.run(command, env=full, check=False).returncode
        failure = read_failure(told)
    if code == 0:
        return
    if failure is None:
        raise SeqarenaError(f"`dvc {' '.join(arguments)}` ended with code {code}; see above.")
    raise SeqarenaError(
        f"stage {failure.stage} failed: {failure.message}\nWhat it printed stands above, before "
        f"DVC's last lines; `dvc repro {failure.stage}` runs it and what it needs alone."
    )


def catch_up(workspace: Workspace) -> None:
    """Bring the MLflow store to what the journals say, where live shipping could not.

    A store that cannot be reached is no reason to fail: the journals keep everything.
    """
    try:
        failed = synchronise(workspace).failed
    except SeqarenaError as error:
        failed = [str(error)]
    if failed:
        sys.stderr.write(f"{failed[0]} Run `seqarena sync` when MLflow can be reached.\n")


def fit_stale(
    suite: Suite,
    n_processes: int | None,
    environment: Mapping[str, str],
    wanted: Collection[str] | None = None,
) -> None:
    """Fit beside each other the seeds that DVC would train again; `train` then takes them over.

    Does nothing where a fit has the machine to itself.

    Args:
        suite: of the workspace.
        n_processes: fits at a time; None: one per core, or one if the machine has a GPU.
        environment: variables that lead to a stage server.
        wanted: names of the experiments; None: all of them.
    """
    if not _is_one_process(suite.hardware):
        return
    stale = [name for name in _stale("train") if wanted is None or name in wanted]
    trials = {
        f"{name} trial {number}": fit_command(name, f"{TRIAL}{number}")
        for name in stale
        for number in range(suite.experiments[name].budget.trials or 0)
    }
    seeds = {
        f"{name} seed {seed}": fit_command(name, seed)
        for name in stale
        for seed in suite.experiments[name].seeds
    }
    # Trials first: what is fitted with the seeds of an experiment is what its search chose.
    n = n_processes or _default_processes(suite.hardware)
    for commands, unit in ((trials, "trial"), (seeds, "fit")):
        if commands:
            run_in_parallel(commands, n, environment, unit)


def _evaluate_stale(suite: Suite, n_processes: int | None, environment: Mapping[str, str]) -> None:
    """Evaluate beside each other the experiments that DVC would evaluate one after the other."""
    n = n_processes or _default_processes(suite.hardware)
    if n == 1 or not _is_one_process(suite.hardware):
        return
    _dvc(["repro", "train"], environment)
    commands = {name: stage_command(f"evaluate@{name}") for name in _stale("evaluate")}
    if len(commands) > 1:
        run_in_parallel(commands, n, environment, "evaluation")


def _stale(stage: str) -> list[str]:
    """Return the experiments whose `stage` DVC would run again."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SeqarenaError(f"`dvc status` ended with code {answer.returncode}: {answer.stderr}")
    cells = (name.rpartition(":")[2].partition("@") for name in json.loads(answer.stdout))
    return [experiment for name, _, experiment in cells if name == stage]


def _is_one_process(hardware: HardwareConfig) -> bool:
    """Return whether a fit is one process: a fit of several has the machine to itself."""
    if hardware.devices == "auto":
        return _is_on_cpu(hardware) or torch.cuda.device_count() <= 1
    return hardware.devices == 1


def _default_processes(hardware: HardwareConfig) -> int:
    """Return one per core, or one alone where fits share an accelerator."""
    return usable_cores() if _is_on_cpu(hardware) else 1


def _is_on_cpu(hardware: HardwareConfig) -> bool:
    # `fitting.strategy` decides the same for a fit; importing Lightning here would cost 5 seconds.
    has_accelerator = torch.cuda.is_available() or torch.backends.mps.is_available()
    return hardware.accelerator == "cpu" or not has_accelerator


def _last_words(workspace: Workspace, seconds: float) -> str:
    report = Path(os.path.relpath(workspace.reports / "comparison.html", workspace.home))
    return (
        f"Done in {seconds / 60:.1f} min. The report: {report} (and comparison.md beside it). "
        "The runs: `make ui` opens MLflow on them."
    )
