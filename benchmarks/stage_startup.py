"""How long a stage takes that has nothing to do: in a fresh process, and forked from a warm one.

    python benchmarks/stage_startup.py EXPERIMENT

The experiment must have been fitted (`seqarena repro`), so that its stage only finds that out. Both
ways alternate in one run; medians are printed.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from seqarena.experiment.suite import read_experiment
from seqarena.experiment.warm_start import StageServer

_ROUNDS = 7


def seconds_of(command: list[str], environment: dict[str, str]) -> float:
    """Return the wall time of one stage."""
    began = time.perf_counter()
    subprocess.run(command, env={**os.environ, **environment}, check=True, capture_output=True)
    return time.perf_counter() - began


def main(name: str) -> None:
    """Print the medians of both ways, and their ratio."""
    prepared = Path("data/prepared") / read_experiment(name).task_name
    with tempfile.TemporaryDirectory() as out, StageServer() as server:
        command = [sys.executable, "pipelines/train.py", name, str(prepared), out]
        cold, warm = [], []
        for _ in range(_ROUNDS):
            cold.append(seconds_of(command, {}))
            warm.append(seconds_of(command, server.environment))
    fresh, forked = statistics.median(cold), statistics.median(warm)
    print(f"a stage with nothing to do, median of {_ROUNDS}:")
    print(f"  fresh process   {fresh:6.2f} s")
    print(f"  forked          {forked:6.2f} s   ({fresh / forked:.0f} times less)")


if __name__ == "__main__":
    main(sys.argv[1])
