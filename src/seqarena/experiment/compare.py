"""The stage `compare`: every cell that params.yaml lists, in one report."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from seqarena.data.manifest import Manifest, read_manifest
from seqarena.data.splits import Split
from seqarena.errors import ArtifactError
from seqarena.evaluation.texts import signature_of
from seqarena.experiment.compare_looking import TaskMaps, look
from seqarena.experiment.identity import digest_of, engine_of
from seqarena.experiment.layout import Workspace
from seqarena.experiment.suite import Experiment, Suite
from seqarena.experiment.targets import TARGETS_FILE, beside_published, read_targets
from seqarena.families.store import read_config
from seqarena.metrics.metric import headline_metric
from seqarena.reporting.cells import Cell, SeedResult, TaskFacts
from seqarena.reporting.report import write_report
from seqarena.tracking.journal import Journal, RunIdentity
from seqarena.tracking.location import locate_store
from seqarena.tracking.provenance import provenance_tags
from seqarena.tracking.shipper import Shipper
from seqarena.wording import counted

_REPORT_EXPERIMENT = "comparison"


def compare(
    suite: Suite, prepared: Path, runs: Path, reports: Path, targets: Path = TARGETS_FILE
) -> None:
    """Write the report of all experiments, and log it as a run of its own.

    Raises:
        ArtifactError: an experiment that params.yaml lists has left no metrics.
        ConfigError: the file of published figures is wrong.
    """
    manifests = {name: read_manifest(prepared / name) for name in suite.tasks}
    cells = [_cell(experiment, runs / experiment.name) for experiment in suite.experiments.values()]
    published = beside_published(
        read_targets(targets), suite, manifests, {cell.experiment: cell for cell in cells}
    )
    shutil.rmtree(reports, ignore_errors=True)
    tasks = [
        replace(
            _task(name, manifest),
            published=tuple(p for p in published if p.task == name),
            looking=look(_maps(suite, name, runs), reports),
        )
        for name, manifest in manifests.items()
    ]
    files = write_report(reports, tasks, cells, _head(suite))
    _tell(reports, [*files, *_looked(reports, tasks)], runs, suite)
    sys.stdout.write(
        f"{reports / 'comparison.html'}: {counted(len(cells), 'experiment')} on "
        f"{counted(len(tasks), 'task')}\n"
    )


def _looked(reports: Path, tasks: list[TaskFacts]) -> Iterator[Path]:
    """Yield the files about where the families of each task looked."""
    for task in tasks:
        if task.looking is not None:
            yield reports / task.looking.page
            if task.looking.picture is not None:
                yield reports / task.looking.picture


def _task(name: str, manifest: Manifest) -> TaskFacts:
    return TaskFacts(
        name=name,
        schema=manifest.schema,
        description=_description(manifest),
        n_test=manifest.splits[Split.TEST.value].n_sequences,
        sizes={split: record.n_sequences for split, record in manifest.splits.items()},
        counts=manifest.counts,
        duplicates=str(manifest.protocol.get("duplicates", "")),
        best_possible=manifest.best_possible,
    )


def _maps(suite: Suite, task: str, runs: Path) -> TaskMaps:
    own = [each for each in suite.experiments.values() if each.task_name == task]
    return TaskMaps(task, {each.name: tuple(each.seeds) for each in own}, runs)


def _description(manifest: Manifest) -> str:
    """Say which data it is, and what exactly is computed where a library has words for it."""
    signature = signature_of(manifest.schema)
    told = manifest.source.description
    return f"{told}. {headline_metric(manifest.schema).label}: {signature}" if signature else told


def _cell(experiment: Experiment, folder: Path) -> Cell:
    summary = _read_json(folder / "metrics.json")
    first = folder / "evaluation" / f"seed-{experiment.seeds[0]}" / "attention" / "figures"
    return Cell(
        experiment=experiment.name,
        task=experiment.task_name,
        family=experiment.family.kind,
        mechanism=experiment.family.mechanism,
        engine=engine_of(experiment),
        seeds=tuple(_seed(seed, summary, folder / "fit") for seed in experiment.seeds),
        flags=tuple(
            f"seed {seed}: {line}" for seed, lines in summary["flags"].items() for line in lines
        ),
        pictures=tuple(
            first / f"probe-{index}.png"
            for index in range(experiment.task.n_probes)
            if (first / f"probe-{index}.png").exists()
        ),
    )


def _seed(seed: int, summary: dict[str, Any], fits: Path) -> SeedResult:
    report = _read_json(fits / f"seed-{seed}" / "report.json")
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


def _head(suite: Suite) -> dict[str, str]:
    tags = provenance_tags(Path.cwd())
    commit = {"commit": tags["git.commit"][:12]} if "git.commit" in tags else {}
    return {
        "seqarena": version("seqarena"),
        **commit,
        "seeds": ", ".join(map(str, suite.seeds)),
    }


def _tell(reports: Path, files: list[Path], runs: Path, suite: Suite) -> None:
    """Journal the report as the one run of the MLflow experiment `comparison` for these fits."""
    prints = [
        str(read_config(runs / name / "fit" / f"seed-{seed}")[0]["provenance"]["fingerprint"])
        for name, experiment in suite.experiments.items()
        for seed in experiment.seeds
    ]
    journal_path = reports / "journal.jsonl"
    with Shipper(locate_store(Workspace.here().home)) as shipper, Journal(journal_path) as journal:
        journal.begin(
            RunIdentity(
                key=f"comparison/{digest_of(prints)}",
                name="comparison",
                experiment=_REPORT_EXPERIMENT,
                tags={"role": "report", **provenance_tags(Path.cwd())},
                part="report",
            )
        )
        shipper.follow(journal_path)
        journal.metrics(
            {"n_experiments": len(suite.experiments), "n_tasks": len(suite.tasks)}, step=0
        )
        for file in files:
            folder = file.parent.relative_to(reports).as_posix()
            journal.artifact(file, "" if folder == "." else folder)


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        raise ArtifactError(
            f"{path}: missing; params.yaml lists this experiment, so train and evaluate it first "
            "(`dvc repro`)."
        ) from None
    return content
