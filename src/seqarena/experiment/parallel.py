"""Fits beside each other, one process each, into the scratch folder where `train` finds them."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from tqdm import tqdm

Job = tuple[str, int]
"""An experiment and a seed."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fit_in_parallel(jobs: list[Job], n_processes: int, environment: Mapping[str, str]) -> list[Job]:
    """Run every job, `n_processes` at a time, under a progress bar; return those that failed.

    A failed fit is not fatal here: `dvc repro` comes to it afterwards, and stops with its error.
    """
    with ThreadPoolExecutor(n_processes) as pool:
        futures = {pool.submit(_run, job, environment): job for job in jobs}
        done = tqdm(as_completed(futures), total=len(jobs), unit="fit", desc="fitting")
        try:
            return [futures[future] for future in _describe(done, futures) if future.result() != 0]
        finally:
            # Nothing is left on the ordinary way; after Control-C the fits that wait never begin.
            pool.shutdown(wait=False, cancel_futures=True)


def _run(job: Job, environment: Mapping[str, str]) -> int:
    experiment, seed = job
    command = [sys.executable, "-m", "seqarena.experiment.fit_one", experiment, str(seed)]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


def _describe(done: "tqdm[Future[int]]", jobs: Mapping[Future[int], Job]) -> Iterable[Future[int]]:
    for future in done:
        experiment, seed = jobs[future]
        done.set_postfix_str(f"{experiment} seed {seed}")
        yield future
