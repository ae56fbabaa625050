"""Fits every experiment of params.yaml in one program, by what DVC's stage `train` calls.

Starting processes costs more than these fits: one launch for each number of processes.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "pipelines"))

from train import main

from seqarena.experiment.suite import read_suite

if __name__ == "__main__":
    for name, experiment in read_suite().experiments.items():
        main([name, f"data/prepared/{experiment.task_name}", f"runs/{name}/fit"])
