"""Where a fit looked: asked of the probes, written into its folder, and journaled."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from seqarena.attribution.asked import ask, diagnosed
from seqarena.attribution.capture import Capture
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.influence_plan import InfluencePlan
from seqarena.attribution.oracle.gain_question import GainQuestion
from seqarena.attribution.oracle.oracle_model import OracleDensity, oracle_of
from seqarena.attribution.over_validation import ValidationSample, over_validation
from seqarena.attribution.probe_set import ProbeSet, probe_set
from seqarena.attribution.probes import Probe, probe_rows
from seqarena.attribution.store.artifacts import Attribution, Written, write_artifacts
from seqarena.attribution.store.manifest import Origin
from seqarena.attribution.summary import oracle_summary, summary_tables
from seqarena.attribution.viewer.of_capture import viewed_of
from seqarena.attribution.viewer.page import page_of
from seqarena.data.arrow_store import read_part, read_split
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part
from seqarena.data.splits import Split
from seqarena.families.catalogue import AnyFamily
from seqarena.tasks.config import TaskConfig
from seqarena.tasks.diagnostics import DiagnosticsConfig
from seqarena.tasks.influence import InfluenceConfig
from seqarena.tracking.journal import Journal, RunIdentity

ATTENTION_FOLDER = "attention"


@dataclass(frozen=True)
class ProbedTask:
    """What all families of a task, and all seeds, are asked."""

    manifest: Manifest
    probe_set: ProbeSet
    diagnostics: DiagnosticsConfig
    plan: InfluencePlan | None = None
    """None: influence is not asked for."""
    oracle: tuple[InfluenceMap | None, ...] = ()
    """The influence of each step in the process that made the data; none: it is not known."""
    gain: GainQuestion | None = None
    """How much the last steps alone are worth; None: the process is not known, or no density."""
    valid: ValidationSample | None = None
    """The examples over which maps are averaged; None: nobody wants it."""

    @classmethod
    def of(cls, task: TaskConfig, prepared: Path, manifest: Manifest, test: Part) -> "ProbedTask":
        """Choose the probes of a task, and ask the process that made them, where it is known."""
        probes = probe_set(test, probe_rows(test.sequences, task.n_probes), manifest)
        plan = influence_plan(task.influence, prepared) if len(probes) else None
        valid = _validation_sample(task, prepared, test) if len(probes) else None
        oracle = oracle_of(task.source)
        if plan is None or oracle is None:
            return cls(manifest, probes, task.diagnostics, plan, valid=valid)
        known = ask(oracle, probes, plan).capture.influence
        gain = None
        if isinstance(oracle, OracleDensity):
            gain = GainQuestion.of(oracle, test.sequences, plan.max_steps)
        return cls(manifest, probes, task.diagnostics, plan, known, gain, valid)


@dataclass(frozen=True)
class AskedRun:
    """Which run is asked, and what."""

    identity: RunIdentity
    fingerprint: str
    task: ProbedTask


def influence_plan(config: InfluenceConfig, prepared: Path) -> InfluencePlan | None:
    """Return how the influence of steps is asked for on a task; None where nobody wants it.

    What is put in the place of a step comes from the training split, the same for every family.
    """
    if config.n_probes == 0:
        return None
    train = read_split(prepared, Split.TRAIN)
    replacements = Replacements.of(train, config.seed, config.n_draws, config.exact_up_to)
    return InfluencePlan(replacements, config.n_probes, config.max_steps, config.n_shapley)


def _validation_sample(task: TaskConfig, prepared: Path, test: Part) -> ValidationSample | None:
    most_steps = int(task.validation_share * test.sequences.lengths.sum())
    return ValidationSample.of(read_part(prepared, Split.VALID), most_steps) if most_steps else None


def attribute(family: AnyFamily, run: AskedRun) -> Attribution:
    """Ask a fitted family where it looked on each probe, and hold that against the true process.

    Raises:
        ArtifactError: the model is in training mode, a map is not made of shares, or a density
            looks at the future.
    """
    task, commit = run.task, run.identity.tags.get("git.commit", "")
    asked = ask(family, task.probe_set, task.plan)
    capture = asked.capture
    began = time.perf_counter()
    found = diagnosed(family, capture, task.probe_set, commit, task.diagnostics)
    seconds = round(time.perf_counter() - began, 4)
    over = over_validation(family, task.valid, commit)
    if task.oracle:
        capture = replace(capture, further={**capture.further, "oracle": task.oracle})
    cost = {**asked.cost, "diagnostics_seconds": seconds, "validation": over.cost}
    return Attribution(
        capture,
        replace(_origin(run, asked.influence_steps), cost=cost, cuts=asked.cuts),
        pa.concat_tables([found.table, over.table]),
        {
            **oracle_summary(capture.influence, task.oracle),
            **({} if task.gain is None else task.gain.summary_of(family)),
            **over.summary,
            **found.summary,
        },
        over.shown,
    )


def tell_attribution(journal: Journal, folder: Path, found: Attribution, run: AskedRun) -> Written:
    """Write what was found into `folder`, and journal its files, its numbers and its pictures."""

    def page(capture: Capture) -> str:
        tables = (*found.tables, *summary_tables(found.summary))
        return page_of(viewed_of(capture, run.identity.name, _facts(run), tables))

    written = write_artifacts(folder, found, page)
    for file in written.files:
        journal.artifact(file, ATTENTION_FOLDER)
    for figure in written.figures:
        journal.artifact(figure, f"{ATTENTION_FOLDER}/{figure.parent.name}")
    journal.metrics(written.summary, step=0)
    tell_pictures(journal, found.capture.probes, written.figures)
    return written


def tell_pictures(journal: Journal, probes: tuple[Probe, ...], pictures: tuple[Path, ...]) -> None:
    """Journal a table that MLflow's artifact view sets beside those of other runs.

    Two columns alone: the view then groups by the one and compares the other without being asked.
    """
    if pictures:
        examples = [_describe(probe) for probe in probes[: len(pictures)]]
        journal.table("attention_probes", {"example": examples, "picture": pictures})


def _origin(run: AskedRun, influence_steps: tuple[int, ...]) -> Origin:
    code = {k: v for k, v in run.identity.tags.items() if k.startswith(("git.", "dvc."))}
    replacement: dict[str, Any] = {}
    if run.task.plan is not None:
        own = run.task.plan.replacements
        how = "every symbol" if own.is_exact else f"{own.n_draws} draws"
        replacement = {
            "from": "train",
            "each_step": how,
            "seed": own.seed,
            "pool": len(own.pool),
            "sha256": own.sha256,
            "n_draws": own.n_draws,
            "exact_up_to": own.exact_up_to,
            "whole_inputs": own.n_whole,
            "steps": list(influence_steps),
        }
    return Origin(
        run={"key": run.identity.key, "fingerprint": run.fingerprint, **code},
        data={"task": run.task.manifest.task, **run.task.manifest.content_hashes()},
        probes={"n_probes": len(run.task.probe_set), "sha256": run.task.probe_set.sha256},
        replacement=replacement,
    )


def _facts(run: AskedRun) -> dict[str, str]:
    """Return what the page says of the run."""
    tags = run.identity.tags
    told = {name: tags[name] for name in ("task", "family", "mechanism", "seed") if name in tags}
    data = run.task.manifest.content_hashes()
    return {
        **told,
        "fingerprint": run.fingerprint,
        "data": ", ".join(f"{split} {sha256[:12]}" for split, sha256 in data.items()),
        "probe set": run.task.probe_set.sha256[:12],
    }


def _describe(probe: Probe) -> str:
    """Say in a line what the probe is: its name, its text if it is one, its label."""
    is_text = probe.steps is not None and all(len(step) == 1 for step in probe.steps)
    text = "".join(probe.steps or ()) if is_text else ""
    label = "" if probe.label is None else f"label {probe.label}"
    return " · ".join(part for part in (probe.id, text, label) if part)
