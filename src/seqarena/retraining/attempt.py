"""From changed inputs to a decision: data first, then fits, then both models side by side."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from seqarena.evaluation.predictions import write_predictions
from seqarena.experiment.attribution import ATTENTION_FOLDER
from seqarena.experiment.suite import read_experiment
from seqarena.retraining import steps
from seqarena.retraining.candidates import Candidate, best_candidate
from seqarena.retraining.champion import Champion
from seqarena.retraining.context import Context
from seqarena.retraining.data_gate import judge_data
from seqarena.retraining.data_version import DataVersion, read_version
from seqarena.retraining.decision import Contestant, Decision, settle_folder, write_decision
from seqarena.retraining.gate.verdict import failed
from seqarena.retraining.inputs import Inputs
from seqarena.retraining.match import Match, play
from seqarena.retraining.package import PACKAGE, package
from seqarena.retraining.pipeline import fit_and_evaluate, prepare_data
from seqarena.retraining.starting import place_starts
from seqarena.retraining.tell import tell_decision
from seqarena.tracking.provenance import provenance_tags


@dataclass(frozen=True)
class _Played:
    """The challenger, and its match."""

    candidate: Candidate
    match: Match


def attempt(
    context: Context, champion: Champion | None, inputs: Inputs, before: dict[str, str]
) -> Decision:
    """Prepare, fit, judge, and write the decision down; nothing is promoted yet.

    Args:
        context: where and what.
        champion: what serves; None: nothing does.
        inputs: what the result is a function of.
        before: components of the inputs that were answered last; empty: none were.

    Raises:
        RefusedError: the source is gone, or a guard of `prepare` refuses it.
        SeqarenaError: a fit or an evaluation failed.
    """
    config, workspace = context.config, context.workspace
    place_starts(context, champion)
    prepare_data(config.task)
    prepared = workspace.prepared(config.task)
    version = read_version(prepared)
    steps.passed("prepared")
    family, old = (None, None) if champion is None else champion.load()
    data_changed = inputs.data_changed(before)
    verdicts = judge_data(old, version, prepared, data_changed, config.data)
    draft = replace(_draft(context, champion, inputs, before), verdicts=verdicts)
    steps.passed("data judged")
    if failed(verdicts):
        return _written(context, draft, version, None)
    fit_and_evaluate(config.experiments, context.n_processes)
    steps.passed("fitted")
    candidate = best_candidate(workspace, config.experiments)
    match = play(candidate, version, family, old, config.gate)
    steps.passed("compared")
    return _written(context, draft, version, _Played(candidate, match))


def _draft(
    context: Context, champion: Champion | None, inputs: Inputs, before: dict[str, str]
) -> Decision:
    number = context.standing().n_decisions + 1
    return Decision(
        identity=f"{number:04d}-{inputs.digest[:8]}",
        name=context.name,
        task=context.config.task,
        inputs=inputs.components,
        changed=inputs.changes(before),
        challenger=None,
        champion=None if champion is None else champion.as_contestant(),
        verdicts=[],
        metrics={},
        provenance=provenance_tags(context.workspace.root),
    )


def _written(
    context: Context, draft: Decision, version: DataVersion, played: _Played | None
) -> Decision:
    """Write the folder of a decision under another name, and give it its own when it is whole."""
    folder = context.home.decision(draft.identity)
    unfinished = folder.with_name(f".{folder.name}-unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    decision = draft
    if played is not None:
        decision = _judged(draft, played, version, context)
        _keep(played, decision, version, context, unfinished)
    write_decision(unfinished, decision)
    tell_decision(unfinished, decision)
    settle_folder(unfinished, folder)
    steps.passed("written")
    return decision


def _judged(draft: Decision, played: _Played, version: DataVersion, context: Context) -> Decision:
    candidate, match = played.candidate, played.match
    told = (candidate.experiment, candidate.seed, candidate.fingerprint)
    return replace(
        draft,
        challenger=Contestant(*told, version.manifest.content_hashes()),
        verdicts=[*draft.verdicts, *match.verdicts(context.config.gate)],
        metrics=match.metrics(),
        n_left_out=match.shared.n_left_out,
    )


def _keep(
    played: _Played, decision: Decision, version: DataVersion, context: Context, folder: Path
) -> None:
    """Keep the answers of both models; and of one that is approved the package and the maps."""
    for who, answers in played.match.answers.items():
        write_predictions(folder / who, answers.predictions)
    if not decision.promotes:
        return
    candidate = played.candidate
    prepared = context.workspace.prepared(decision.task)
    task = read_experiment(candidate.experiment).task
    facts = {"decision": decision.identity}
    package(candidate.fit, version, prepared, folder / PACKAGE, task, facts)
    evaluated = context.workspace.evaluation(candidate.experiment) / f"seed-{candidate.seed}"
    if (evaluated / ATTENTION_FOLDER).is_dir():
        shutil.copytree(evaluated / ATTENTION_FOLDER, folder / "attention")
