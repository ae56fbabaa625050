"""Processes beside each other: fits into the scratch folder, evaluations as stages of DVC."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from tqdm import tqdm

Command = Sequence[str]
"""A program and its arguments."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fit_command(experiment: str, seed: int | str) -> Command:
    """Return what fits one seed into the scratch folder, where the stage `train` finds it.

    `trial-3` in place of a seed: what fits that trial of the experiment's search.
    """
    return (sys.executable, "-m", "seqarena.experiment.fit_one", experiment, str(seed))


def stage_command(stage: str) -> Command:
    """Return what runs one stage of DVC alone, beside others of the same workspace.

    `-s` leaves out what stands before it: without it DVC refuses to run two at once.
    """
    return (sys.executable, "-m", "dvc", "--wait-for-lock", "repro", "-q", "-s", stage)


def run_in_parallel(
    commands: Mapping[str, Command], n_processes: int, environment: Mapping[str, str], unit: str
) -> list[str]:
    """Run every command, `n_processes` at a time, under a progress bar; return those that failed.

    One that failed is not fatal here: `dvc repro` comes to it afterwards, and stops with its error.

    Args:
        commands: by the name that the bar shows.
        n_processes: how many run at a time.
        environment: variables beside those of this process.
        unit: what the bar counts: `fit`.
    """
    with ThreadPoolExecutor(n_processes) as pool:
        futures = {
            pool.submit(_run, command, environment): name for name, command in commands.items()
        }
        done = tqdm(as_completed(futures), total=len(commands), unit=unit)
        try:
            return [futures[future] for future in _named(done, futures) if future.result() != 0]
        finally:
            # Nothing is left on the ordinary way; after Control-C those that wait never begin.
            pool.shutdown(wait=False, cancel_futures=True)


def _run(command: Command, environment: Mapping[str, str]) -> int:
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def _named(done: "tqdm[Future[int]]", names: Mapping[Future[int], str]) -> Iterable[Future[int]]:
    for future in done:
        done.set_postfix_str(names[future])
        yield future
