"""Every experiment of a task whose source has folds, on all ten of them.

    SEQARENA_MIRROR=FOLDER python benchmarks/ten_folds.py SUITE.yaml TASK FOLDER [EXPERIMENT ...]

Writes `FOLDER/folds.yaml`, in which the task and its experiments (or those that are named) stand
ten times, runs it as `run_suite.py` does, and prints the mean accuracy over the folds with its
standard error over them (the folds share training texts, so that it is too small).
"""

import json
import os
import statistics
import sys
from pathlib import Path

from ruamel.yaml import YAML
from run_suite import run

from seqarena.data.sources.labelled_texts import N_FOLDS
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import read_suite


def unfold(suite_file: Path, task: str, chosen: list[str]) -> dict:
    """Return the suite with one task and its experiments, once for each fold."""
    raw = YAML(typ="safe").load(suite_file.read_text())
    own = raw["tasks"][task]
    experiments = {
        name: entry
        for name, entry in raw["experiments"].items()
        if entry["task"] == task and (not chosen or name in chosen)
    }
    folds = range(N_FOLDS)
    used = {entry["family"] for entry in experiments.values()}
    return {
        **raw,
        "families": {name: raw["families"][name] for name in sorted(used)},
        "tasks": {
            f"{task}_{fold}": {**own, "source": {**own["source"], "fold": fold}} for fold in folds
        },
        "experiments": {
            f"{name}-{fold}": {**entry, "task": f"{task}_{fold}"}
            for name, entry in experiments.items()
            for fold in folds
        },
    }


def main(suite_file: Path, task: str, folder: Path, chosen: list[str]) -> None:
    """Run all folds, and print the mean over them."""
    raw = unfold(suite_file, task, chosen)
    folder.mkdir(parents=True, exist_ok=True)
    path = (folder / "folds.yaml").resolve()
    with path.open("w") as file:
        YAML(typ="safe").dump(raw, file)
    os.chdir(folder)
    workspace = Workspace.here()
    run(read_suite(path), workspace)
    for name in dict.fromkeys(each.rpartition("-")[0] for each in raw["experiments"]):
        found = [
            json.loads(workspace.metrics(f"{name}-{fold}").read_text())["mean"]["accuracy"]
            for fold in range(N_FOLDS)
        ]
        error = statistics.stdev(found) / N_FOLDS**0.5
        print(f"{name}: accuracy {statistics.mean(found):.4f} ± {error:.4f} over {N_FOLDS} folds")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
