"""The whole pipeline at the speed of the machine: fits in parallel, then one `dvc repro`."""

import datetime
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import torch

from seqarena.errors import SeqarenaError
from seqarena.experiment.layout import Workspace
from seqarena.experiment.parallel import Job, fit_in_parallel, usable_cores
from seqarena.experiment.question import read_asked
from seqarena.experiment.stage_failure import FAILURE_VARIABLE, read_failure
from seqarena.experiment.suite import Suite
from seqarena.experiment.synchronise import synchronise
from seqarena.experiment.warm_start import stage_server
from seqarena.fitting.settings import HardwareConfig
from seqarena.reporting.staleness import mark_stale


def reproduce(n_processes: int | None, use_warm_start: bool) -> str:
    """Run `dvc repro`, with every stale fit done beforehand on all cores; return the last words.

    Args:
        n_processes: fits at a time; None: one per core, or one if the machine has a GPU.
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
            _dvc(["repro", "prepare"], environment)
            jobs = stale_fits(suite)
            if jobs and is_one_process(suite.hardware):
                fit_in_parallel(jobs, n_processes or default_processes(suite.hardware), environment)
            _dvc(["repro"], environment)
    finally:
        catch_up(Workspace.here())


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


def stale_fits(suite: Suite) -> list[Job]:
    """Return the seeds of the experiments that DVC would train again."""
    command = [sys.executable, "-m", "dvc", "status", "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise SeqarenaError(f"`dvc status` ended with code {answer.returncode}: {answer.stderr}")
    stale = {name.partition("@")[2] for name in json.loads(answer.stdout) if "train@" in name}
    return [
        (name, seed)
        for name, experiment in suite.experiments.items()
        if name in stale
        for seed in experiment.seeds
    ]


def is_one_process(hardware: HardwareConfig) -> bool:
    """Return whether a fit is one process: a fit of several has the machine to itself."""
    if hardware.devices == "auto":
        return _is_on_cpu(hardware) or torch.cuda.device_count() <= 1
    return hardware.devices == 1


def default_processes(hardware: HardwareConfig) -> int:
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
