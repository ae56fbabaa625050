"""Rows of the report: each experiment with what its seeds scored and cost, or why they did not."""

import json
from pathlib import Path
from typing import Any

from seqarena.errors import ArtifactError
from seqarena.experiment.baselines import baseline_of
from seqarena.experiment.budget.search_record import read_record
from seqarena.experiment.budget_told import budget_told, search_told
from seqarena.experiment.cell_details import details_of
from seqarena.experiment.identity import engine_of
from seqarena.experiment.run_links import Links
from seqarena.experiment.scored import Measure, read_summary, why_no_score
from seqarena.experiment.suite import Experiment
from seqarena.reporting.cells import Cell, SeedResult
from seqarena.reporting.details import Details


def read_cell(
    experiment: Experiment, folder: Path, measure: Measure | None = None, links: Links = ()
) -> Cell:
    """Return the row of an experiment from its folder in `runs`.

    A seed without metrics or without its fit's report is a failure, and so is an experiment without
    both: the row is there, and says so.

    Args:
        experiment: whose row it is.
        folder: its own below `runs`.
        measure: by what its examples are judged; None: nothing is drawn of it.
        links: to its runs in MLflow.
    """
    try:
        summary = read_summary(folder)
    except ArtifactError as error:
        summary = {"seeds": {}, "flags": {}}
        failures = [str(error)]
    else:
        failures = []
    found = []
    for seed in experiment.seeds:
        try:
            found.append(_seed(seed, summary, folder))
        except ArtifactError as error:
            if summary["seeds"] or summary.get("diverged"):
                failures.append(f"seed {seed}: {error}")
    details = Details()
    if measure is not None and found:
        try:
            details = details_of(folder, [seed.seed for seed in found], measure)
        except ArtifactError as error:
            failures.append(f"curves and slices: {error}")
    search = None
    try:
        record = read_record(folder / "fit")
        search = None if record is None else search_told(record, details.loss)
    except ArtifactError as error:
        failures.append(f"search: {error}")
    return Cell(
        experiment=experiment.name,
        task=experiment.task_name,
        family=experiment.family.kind,
        mechanism=experiment.family.mechanism,
        engine=engine_of(experiment),
        seeds=tuple(found),
        flags=tuple(
            f"seed {seed}: {line}" for seed, lines in summary["flags"].items() for line in lines
        )
        + _out_of_time(found),
        failures=tuple(failures),
        pictures=_pictures(experiment, found, folder),
        entry=experiment.family_name,
        baseline=baseline_of(experiment.family, experiment.task.kind),
        details=details,
        runs=links,
        search=search,
        budget=budget_told(experiment.budget),
    )


def _out_of_time(seeds: list[SeedResult]) -> tuple[str, ...]:
    """Say which fits the clock ended: on a faster or idler machine they would go on."""
    cut = [str(seed.seed) for seed in seeds if seed.stop_reason == "max_minutes"]
    if not cut:
        return ()
    return (f"seed {', '.join(cut)}: the fit ended because its minutes were spent",)


def _seed(seed: int, summary: dict[str, Any], folder: Path) -> SeedResult:
    if str(seed) not in summary["seeds"]:
        raise ArtifactError(why_no_score(seed, summary, folder))
    report = _report(folder / "fit" / f"seed-{seed}" / "report.json")
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


def _report(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtifactError(f"{path}: missing; train the experiment again (`dvc repro`).") from None
    return content


def _pictures(experiment: Experiment, seeds: list[SeedResult], folder: Path) -> tuple[Path, ...]:
    """Return those of the first seed that was judged: the first of all may have diverged."""
    if not seeds:
        return ()
    figures = folder / "evaluation" / f"seed-{seeds[0].seed}" / "attention" / "figures"
    paths = (figures / f"probe-{index}.png" for index in range(experiment.task.n_probes))
    return tuple(path for path in paths if path.exists())
