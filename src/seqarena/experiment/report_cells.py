"""The cells of a report, read from what the stages before it have left."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError
from seqarena.experiment.baselines import baseline_of
from seqarena.experiment.cell_details import details_of
from seqarena.experiment.identity import engine_of
from seqarena.experiment.run_links import Links
from seqarena.experiment.suite import Experiment
from seqarena.reporting.cells import Cell, SeedResult
from seqarena.schema import DataSchema


@dataclass(frozen=True)
class CellFiles:
    """One experiment, and where it lies."""

    experiment: Experiment
    folder: Path
    """Its own below `runs`."""
    schema: DataSchema
    """Of its task."""


def cell_of(files: CellFiles, links: Links = ()) -> Cell:
    """Return what the report tells of an experiment.

    Raises:
        ArtifactError: it has left no metrics, or a file is altered.
    """
    experiment, folder = files.experiment, files.folder
    summary = _read_json(folder / "metrics.json")
    reports = {
        seed: _read_json(folder / "fit" / f"seed-{seed}" / "report.json")
        for seed in experiment.seeds
    }
    notes = next(iter(reports.values()), {}).get("notes", [])
    return Cell(
        experiment=experiment.name,
        task=experiment.task_name,
        family=experiment.family.kind,
        mechanism=experiment.family.mechanism,
        engine=engine_of(experiment),
        seeds=tuple(_seed(seed, summary, report) for seed, report in reports.items()),
        flags=tuple(
            f"seed {seed}: {line}" for seed, lines in summary["flags"].items() for line in lines
        ),
        pictures=_pictures(experiment, folder),
        entry=experiment.family_name,
        baseline=baseline_of(experiment.family, experiment.task.kind),
        details=details_of(folder, experiment.seeds, files.schema, notes),
        runs=links,
    )


def _pictures(experiment: Experiment, folder: Path) -> tuple[Path, ...]:
    first = folder / "evaluation" / f"seed-{experiment.seeds[0]}" / "attention" / "figures"
    paths = (first / f"probe-{index}.png" for index in range(experiment.task.n_probes))
    return tuple(path for path in paths if path.exists())


def _seed(seed: int, summary: dict[str, Any], report: dict[str, Any]) -> SeedResult:
    return SeedResult(
        seed=seed,
        metrics=summary["seeds"][str(seed)],
        n_parameters=report["n_parameters"],
        wall_seconds=report["wall_seconds"],
        cpu_seconds=report["cpu_seconds"],
        training_flops=report["training_flops"],
        stop_reason=report["stop_reason"],
        valid_loss=report["valid_loss"],
    )


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: missing; params.yaml lists this experiment, so train and evaluate it first "
            "(`dvc repro`)."
        ) from None
    return content
