"""The stage `evaluate`: the one reader of the test split."""

import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqarena.attribution.comparison.seed_summary import seed_summary
from seqarena.data.arrow_store import read_part, read_split
from seqarena.data.manifest import Manifest, verify_prepared
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.evaluation.evaluate import Evaluation, evaluate_model
from seqarena.evaluation.gold import Gold
from seqarena.evaluation.predictions import write_predictions
from seqarena.evaluation.protocol import Protocol, write_protocol
from seqarena.evaluation.stamp import Stamp
from seqarena.evaluation.summary import summarise_seeds, write_metrics
from seqarena.evaluation.texts import signature_of, writing_of
from seqarena.experiment.aggregate import Aggregate, tell_aggregate, under_test
from seqarena.experiment.as_fitted import as_fitted
from seqarena.experiment.attribution import (
    ATTENTION_FOLDER,
    AskedRun,
    ProbedTask,
    attribute,
    tell_attribution,
    tell_pictures,
)
from seqarena.experiment.diverged import read_diverged
from seqarena.experiment.fitted import load_fitted
from seqarena.experiment.identity import aggregate_run, engine_of, seed_run, tell_data
from seqarena.experiment.layout import Workspace
from seqarena.experiment.stamping import stamp_of
from seqarena.experiment.stored_maps import SEED, has_maps, read_family
from seqarena.experiment.suite import Experiment
from seqarena.families.catalogue import AnyFamily
from seqarena.metrics.metric import Metric, headline_metric
from seqarena.sequences import Sequences
from seqarena.tracking.journal import Journal
from seqarena.tracking.location import locate_store
from seqarena.tracking.shipper import Shipper
from seqarena.wording import counted

JOURNAL_FILE = "journal.jsonl"
STAMP_TAG = "protocol"
"""Tag of a run in MLflow: runs with unlike ones are not to be compared."""


@dataclass(frozen=True)
class _Bench:
    """What every seed of an experiment is judged on."""

    experiment: Experiment
    manifest: Manifest
    train: Sequences
    """From which it is known how rare a symbol or label is."""
    test: Part
    probed: ProbedTask
    stamp: Stamp


@dataclass(frozen=True)
class _Judged:
    """One seed: which fit it was, and what it scored."""

    fingerprint: str
    evaluation: Evaluation
    pictures: tuple[Path, ...]
    """Of the probes' most telling maps; empty for a family without maps."""


def evaluate(
    experiment: Experiment, prepared: Path, fits: Path, folder: Path, metrics: Path
) -> None:
    """Score every seed on the test split, keep its maps of the probes, and sum the seeds up.

    Seeds that diverged are counted, and have no score.

    Raises:
        ArtifactError: a model or the data is altered, or they do not belong together.
    """
    began = time.monotonic()
    experiment = as_fitted(experiment, fits)
    bench = _bench(experiment, prepared)
    # DVC fails a stage whose output is missing, and where every seed diverged nothing is put there.
    folder.mkdir(parents=True, exist_ok=True)
    with Shipper(locate_store(Workspace.here().home)) as shipper:
        judged: dict[int, _Judged] = {}
        diverged = read_diverged(fits)
        for seed in [each for each in experiment.seeds if each not in diverged]:
            out = folder / f"seed-{seed}"
            shipper.follow(out / JOURNAL_FILE)
            judged[seed] = _judge(bench, seed, fits / f"seed-{seed}", out)
        metric = _metric(bench)
        summary = {**_summary(bench, metric, judged), "diverged": _by_seed(diverged)}
        write_metrics(metrics, summary)
        if judged:
            shipper.follow(folder / JOURNAL_FILE)
            _tell_aggregate(bench, judged, folder, fits, summary)
    seconds = time.monotonic() - began
    sys.stdout.write(f"{_line(experiment, metric, summary)}, evaluated in {seconds:.1f} s\n")


def _bench(experiment: Experiment, prepared: Path) -> _Bench:
    manifest = verify_prepared(prepared)
    train = read_split(prepared, Split.TRAIN)
    test = read_test(prepared)
    probed = ProbedTask.of(experiment.task, prepared, manifest, test)
    stamp = stamp_of(experiment, manifest)
    return _Bench(experiment, manifest, train, test, probed, stamp)


def read_test(folder: Path) -> Part:
    """Return the test split of a prepared task, or of a data version that was kept."""
    return read_part(folder, Split.TEST)


def score(
    family: AnyFamily, test: Part, manifest: Manifest, train: Sequences | None = None
) -> Evaluation:
    """Judge a fitted family on test examples that are numbered as `manifest` says."""
    return evaluate_model(
        family,
        test.sequences,
        manifest.schema,
        manifest.best_possible,
        gold=Gold(
            links=test.links,
            candidates=test.candidates,
            writing=writing_of(manifest, test.references),
            slices=test.slices,
            train=train,
        ),
    )


def _judge(bench: _Bench, seed: int, fit: Path, out: Path) -> _Judged:
    """Write the scores and maps of one seed, and journal them into the run that training began."""
    family, identity = load_fitted(fit, bench.manifest)
    evaluation = score(family, bench.test, bench.manifest, bench.train)
    out.mkdir(parents=True, exist_ok=True)
    with Journal(out / JOURNAL_FILE) as journal:
        run = seed_run(bench.experiment, seed, identity, part="evaluation")
        journal.begin(run)
        tell_data(journal, bench.experiment.task_name, bench.manifest, Split.TEST, "evaluation")
        journal.metrics(under_test(evaluation.metrics), step=0)
        journal.tags({STAMP_TAG: bench.stamp.digest})
        if evaluation.flags:
            journal.tags({"flags": " ".join(evaluation.flags)})
        journal.artifact(write_predictions(out, evaluation.predictions), "evaluation")
        journal.artifact(write_protocol(out, _protocol(bench, seed)), "evaluation")
        pictures: tuple[Path, ...] = ()
        if len(bench.probed.probe_set):
            asked = AskedRun(run, identity, bench.probed)
            found = attribute(family, asked)
            pictures = tell_attribution(journal, out / ATTENTION_FOLDER, found, asked).figures
    return _Judged(identity, evaluation, pictures)


def _protocol(bench: _Bench, seed: int) -> Protocol:
    experiment = bench.experiment
    return Protocol(experiment.name, experiment.task_name, seed, bench.stamp, bench.manifest.schema)


def _metric(bench: _Bench) -> Metric:
    return headline_metric(bench.manifest.schema)


def _summary(bench: _Bench, metric: Metric, judged: dict[int, _Judged]) -> dict[str, Any]:
    experiment = bench.experiment
    signature = signature_of(bench.manifest.schema)
    facts = {
        "experiment": experiment.name,
        "task": experiment.task_name,
        "family": experiment.family.kind,
        "mechanism": experiment.family.mechanism,
        "engine": engine_of(experiment),
        **({"signature": signature} if signature else {}),
    }
    summary = summarise_seeds(
        facts,
        metric,
        {seed: each.evaluation.metrics for seed, each in judged.items()},
        {seed: each.evaluation.flags for seed, each in judged.items()},
    )
    return {**summary, "protocol": bench.stamp.as_dict()}


def _tell_aggregate(
    bench: _Bench,
    judged: dict[int, _Judged],
    folder: Path,
    fits: Path,
    summary: dict[str, Any],
) -> None:
    """Journal means and intervals over seeds as a run of its own, with the first seed's maps."""
    experiment = bench.experiment
    with Journal(folder / JOURNAL_FILE) as journal:
        journal.begin(aggregate_run(experiment, [each.fingerprint for each in judged.values()]))
        tell_data(journal, experiment.task_name, bench.manifest, Split.TEST, "evaluation")
        first_seed, first = next(iter(judged.items()))
        lost = (
            f" {counted(len(summary['diverged']), 'seed')} diverged." if summary["diverged"] else ""
        )
        journal.tags(
            {
                STAMP_TAG: bench.stamp.digest,
                "mlflow.note.content": f"Means over seeds {', '.join(map(str, judged))}, with 95 % "
                f"Student t intervals. The maps are those of seed {first_seed}.{lost}",
            }
        )
        tell_pictures(journal, bench.probed.probe_set.probes, first.pictures)
        tell_aggregate(journal, _aggregate(bench, fits, summary), folder)
        journal.metrics(_moved_with_the_seed(experiment.name, folder, judged), step=0)


def _by_seed(messages: dict[int, str]) -> dict[str, str]:
    return {str(seed): message for seed, message in messages.items()}


def _moved_with_the_seed(name: str, folder: Path, judged: Iterable[int]) -> dict[str, float]:
    """Return how far the maps of two seeds are apart, where all of them kept maps."""
    seeds = [folder / f"{SEED}{seed}" for seed in judged]
    return seed_summary(read_family(name, seeds)) if all(map(has_maps, seeds)) else {}


def _aggregate(bench: _Bench, fits: Path, summary: dict[str, Any]) -> Aggregate:
    best = bench.manifest.best_possible
    return Aggregate(bench.experiment.name, _metric(bench), summary, best, fits)


def _line(experiment: Experiment, metric: Metric, summary: dict[str, Any]) -> str:
    mean, interval = summary["mean"][metric.name], summary["interval"].get(metric.name)
    shown = "infinite" if mean is None else f"{mean:.4f}"
    spread = f" ± {interval['half_width']:.4f}" if interval else ""
    n_judged, n_diverged = len(summary["seeds"]), len(summary["diverged"])
    if not n_judged:
        return f"{experiment.name}: every seed diverged ({n_diverged})"
    lost = f" ({n_diverged} diverged)" if n_diverged else ""
    seeds = counted(n_judged, "seed")
    return f"{experiment.name}: {metric.label} {shown}{spread} over {seeds}{lost}"
