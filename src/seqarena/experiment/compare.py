"""The stage `compare`: every cell that params.yaml lists, in one report."""

import shutil
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from seqarena.data.manifest import Manifest, read_manifest
from seqarena.data.splits import Split
from seqarena.evaluation.texts import signature_of
from seqarena.experiment.compare_looking import TaskMaps, look
from seqarena.experiment.layout import Workspace
from seqarena.experiment.report_cells import CellFiles, cell_of
from seqarena.experiment.run_links import fingerprints_of, links_of, task_links
from seqarena.experiment.scales import scales_of
from seqarena.experiment.suite import Suite
from seqarena.experiment.targets import TARGETS_FILE, beside_published, read_targets
from seqarena.experiment.tell_report import Report, tell_report
from seqarena.metrics.metric import headline_metric
from seqarena.reporting.cells import Cell, TaskFacts
from seqarena.reporting.report import sheets_of, whole_report, write_report
from seqarena.tracking.location import locate_store
from seqarena.tracking.provenance import provenance_tags
from seqarena.tracking.run_ids import StoredIds, stored_ids
from seqarena.wording import counted


def compare(
    suite: Suite, prepared: Path, runs: Path, reports: Path, targets: Path = TARGETS_FILE
) -> None:
    """Write the report of all experiments, and log it as a run of its own.

    Raises:
        ArtifactError: an experiment that params.yaml lists has left no metrics.
        ConfigError: the file of published figures is wrong.
    """
    manifests = {name: read_manifest(prepared / name) for name in suite.tasks}
    stored = stored_ids(locate_store(Workspace.here().home), suite.tasks)
    cells = _cells(suite, manifests, runs, stored)
    published = beside_published(
        read_targets(targets), suite, manifests, {cell.experiment: cell for cell in cells}
    )
    shutil.rmtree(reports, ignore_errors=True)
    links = task_links(stored)
    tasks = [
        replace(
            _task(name, manifest),
            published=tuple(p for p in published if p.task == name),
            looking=look(_maps(suite, name, runs), reports),
            runs=links.get(name, ""),
        )
        for name, manifest in manifests.items()
    ]
    whole = whole_report(tasks, cells, _head(suite), scales_of(suite, manifests))
    files = write_report(reports, whole)
    pages = [reports / task.looking.page for task in tasks if task.looking is not None]
    tell_report(
        Report(
            folder=reports,
            files=[*files, *pages],
            sheets=sheets_of(whole),
            numbers={"n_experiments": len(suite.experiments), "n_tasks": len(suite.tasks)},
            fingerprints=_fingerprints(suite, runs),
        )
    )
    sys.stdout.write(
        f"{reports / 'comparison.html'}: {counted(len(cells), 'experiment')} on "
        f"{counted(len(tasks), 'task')}\n"
    )


def _cells(
    suite: Suite, manifests: dict[str, Manifest], runs: Path, stored: dict[str, StoredIds]
) -> list[Cell]:
    cells = []
    for each in suite.experiments.values():
        files = CellFiles(each, runs / each.name, manifests[each.task_name].schema)
        links = links_of(each, runs, stored.get(each.task_name))
        cells.append(cell_of(files, links))
    return cells


def _fingerprints(suite: Suite, runs: Path) -> list[str]:
    return [print_ for each in suite.experiments.values() for print_ in fingerprints_of(each, runs)]


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


def _head(suite: Suite) -> dict[str, str]:
    tags = provenance_tags(Path.cwd())
    commit = {"commit": tags["git.commit"][:12]} if "git.commit" in tags else {}
    return {
        "seqarena": version("seqarena"),
        **commit,
        "seeds": ", ".join(map(str, suite.seeds)),
    }
