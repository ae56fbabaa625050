"""The stage `compare`: every cell that params.yaml lists, in a report that answers its question."""

import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from seqarena.data.manifest import Manifest, read_manifest
from seqarena.data.splits import Split
from seqarena.evaluation.texts import signature_of
from seqarena.experiment.as_fitted import as_fitted
from seqarena.experiment.cells import read_cell
from seqarena.experiment.compare_looking import TaskMaps, look
from seqarena.experiment.judge import judge
from seqarena.experiment.judge_over_tasks import judge_over_tasks
from seqarena.experiment.layout import Workspace
from seqarena.experiment.question import QuestionConfig, digest_of_question, resolve
from seqarena.experiment.run_links import fingerprints_of, links_of, task_links
from seqarena.experiment.scales import scales_of
from seqarena.experiment.scored import Measure
from seqarena.experiment.suite import Suite
from seqarena.experiment.targets import TARGETS_FILE, beside_published, read_targets
from seqarena.experiment.tell_report import Report, tell_report
from seqarena.metrics.metric import headline_metric
from seqarena.reporting.cells import Cell, TaskFacts
from seqarena.reporting.judgement import TaskJudgement
from seqarena.reporting.report import sheets_of, whole_report, write_report
from seqarena.tracking.location import locate_store
from seqarena.tracking.provenance import provenance_tags
from seqarena.tracking.run_ids import StoredIds, stored_ids
from seqarena.wording import counted


def compare(
    suite: Suite,
    question: QuestionConfig,
    prepared: Path,
    runs: Path,
    reports: Path,
    targets: Path = TARGETS_FILE,
) -> None:
    """Answer the question in a report of all experiments, and log it as a run of its own.

    An experiment that left nothing has a row that says so. One whose numbers came about under other
    rules stands in no table and no chart, and the report says why.

    Raises:
        ArtifactError: the manifest of a task is missing or altered.
        ConfigError: the file of published figures is wrong, or a metric is asked for that a task is
            not judged by.
    """
    suite = _as_fitted(suite, runs)
    manifests = {name: read_manifest(prepared / name) for name in suite.tasks}
    asked = {name: resolve(question, suite, name, each.schema) for name, each in manifests.items()}
    judgements = {
        name: judge(asked[name], question, suite, manifest, runs)
        for name, manifest in manifests.items()
    }
    aside = {each.experiment for own in judgements.values() for each in own.set_aside}
    stored = stored_ids(locate_store(Workspace.here().home), suite.tasks)
    cells = _cells(suite, manifests, judgements, stored, runs)
    shutil.rmtree(reports, ignore_errors=True)
    links = task_links(stored)
    tasks = [
        replace(task, runs=links.get(task.name, ""))
        for task in _tasks(suite, manifests, judgements, cells, runs, reports, targets)
    ]
    digest = digest_of_question(question, asked.values())
    whole = whole_report(
        tasks,
        [cell for name, cell in cells.items() if name not in aside],
        {**_head(suite), "question": digest},
        scales_of(suite, manifests),
        judge_over_tasks(suite, judgements, cells, question),
    )
    files = write_report(reports, whole)
    tell_report(
        Report(
            folder=reports,
            files=[*files, *_looked(reports, tasks)],
            sheets=sheets_of(whole),
            numbers={"n_experiments": len(suite.experiments), "n_tasks": len(suite.tasks)},
            fingerprints=[
                each
                for experiment in suite.experiments.values()
                for each in fingerprints_of(experiment, runs).values()
            ],
            question=digest,
        )
    )
    sys.stdout.write(
        f"{reports / 'comparison.html'}: {counted(len(cells), 'experiment')} on "
        f"{counted(len(tasks), 'task')}\n"
    )


def _as_fitted(suite: Suite, runs: Path) -> Suite:
    experiments = {
        name: as_fitted(each, runs / name / "fit") for name, each in suite.experiments.items()
    }
    return replace(suite, experiments=experiments)


def _cells(
    suite: Suite,
    manifests: Mapping[str, Manifest],
    judgements: Mapping[str, TaskJudgement],
    stored: Mapping[str, StoredIds],
    runs: Path,
) -> dict[str, Cell]:
    measures = {
        name: Measure(own.question.metric, manifests[name].schema)
        for name, own in judgements.items()
    }
    return {
        each.name: read_cell(
            each,
            runs / each.name,
            measures[each.task_name],
            links_of(each, runs, stored.get(each.task_name)),
        )
        for each in suite.experiments.values()
    }


def _looked(reports: Path, tasks: list[TaskFacts]) -> Iterator[Path]:
    """Yield the files about where the families of each task looked."""
    for task in tasks:
        if task.looking is not None:
            yield reports / task.looking.page
            if task.looking.picture is not None:
                yield reports / task.looking.picture


def _tasks(
    suite: Suite,
    manifests: Mapping[str, Manifest],
    judgements: Mapping[str, TaskJudgement],
    cells: Mapping[str, Cell],
    runs: Path,
    reports: Path,
    targets: Path,
) -> list[TaskFacts]:
    aside = {each.experiment for own in judgements.values() for each in own.set_aside}
    # A figure that others published is beside nothing that came about under other rules.
    usable = {
        name: replace(cell, seeds=()) if name in aside else cell for name, cell in cells.items()
    }
    published = beside_published(read_targets(targets), suite, manifests, usable)
    return [
        replace(
            _task(name, manifest, judgements[name]),
            published=tuple(each for each in published if each.task == name),
            looking=look(_maps(suite, name, runs, aside), reports),
        )
        for name, manifest in manifests.items()
    ]


def _task(name: str, manifest: Manifest, judgement: TaskJudgement) -> TaskFacts:
    is_headline = judgement.question.metric == headline_metric(manifest.schema)
    return TaskFacts(
        name=name,
        schema=manifest.schema,
        description=_description(manifest),
        n_test=manifest.splits[Split.TEST.value].n_sequences,
        sizes={split: record.n_sequences for split, record in manifest.splits.items()},
        counts=manifest.counts,
        duplicates=str(manifest.protocol.get("duplicates", "")),
        best_possible=manifest.best_possible if is_headline else None,
        judgement=judgement,
    )


def _maps(suite: Suite, task: str, runs: Path, aside: Collection[str]) -> TaskMaps:
    own = [
        each
        for each in suite.experiments.values()
        if each.task_name == task and each.name not in aside
    ]
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
