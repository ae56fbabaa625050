"""Where the runs behind a report are in MLflow, as paths below whatever its address is."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from seqarena.experiment.identity import aggregate_run, seed_run
from seqarena.experiment.suite import Experiment
from seqarena.families.store import CONFIG_FILE, read_config
from seqarena.tracking.run_ids import StoredIds

Links = tuple[tuple[str, str], ...]
"""What each leads to, and its path."""

_AGGREGATES = "tags.role = 'aggregate'"


def fingerprints_of(experiment: Experiment, runs: Path) -> dict[int, str]:
    """Return what names the fit of each seed of an experiment that left one."""
    folders = {seed: runs / experiment.name / "fit" / f"seed-{seed}" for seed in experiment.seeds}
    return {
        seed: str(read_config(folder)[0]["provenance"]["fingerprint"])
        for seed, folder in folders.items()
        if (folder / CONFIG_FILE).exists()
    }


def links_of(experiment: Experiment, runs: Path, stored: StoredIds | None) -> Links:
    """Return a path for the aggregate run and for each seed that the store has."""
    if stored is None:
        return ()
    prints = fingerprints_of(experiment, runs)
    keys = {"mean": aggregate_run(experiment, list(prints.values())).key}
    for seed, fingerprint in prints.items():
        keys[f"seed {seed}"] = seed_run(experiment, seed, fingerprint, part="fit").key
    known = {name: stored.runs[key] for name, key in keys.items() if key in stored.runs}
    return tuple((name, f"#/runs/{run}") for name, run in known.items())


def task_links(stored: Mapping[str, StoredIds]) -> dict[str, str]:
    """Return the path at which MLflow compares the aggregate runs of each task, in charts."""
    query = f"searchFilter={quote(_AGGREGATES)}&compareRunsMode=CHART"
    return {task: f"#/experiments/{ids.experiment}/runs?{query}" for task, ids in stored.items()}
