"""From a decision to its consequence: promoted, rejected, or refused."""

from seqarena.errors import SeqarenaError
from seqarena.experiment.repro import catch_up
from seqarena.retraining.context import Context
from seqarena.retraining.decision import PAGE_FILE, Decision
from seqarena.retraining.gate.verdict import failed
from seqarena.retraining.outcomes import ExitCode, Outcome
from seqarena.retraining.settle import open_registry, promote, store_decision


def conclude(context: Context, decision: Decision, lines: list[str]) -> Outcome:
    """Write the decision to the ledger, then to MLflow; every verdict is among the lines.

    Runs of fits that were killed and not gone on with are closed in MLflow first.

    Raises:
        SeqarenaError: it was approved, and the store cannot take it: the next run goes on there.
    """
    catch_up(context.workspace)
    folder = context.home.decision(decision.identity)
    lines = [*lines, *decision.lines(), f"all of it: {folder / PAGE_FILE}"]
    if decision.promotes:
        return _promoted(context, decision, lines)
    told = [f"{each.rule}: {each.words.removesuffix('.')}" for each in failed(decision.verdicts)]
    why = f"{'; '.join(told)}."
    is_refused = decision.challenger is None
    context.record(
        "refused" if is_refused else "rejected",
        decision=decision.identity,
        inputs=decision.inputs,
        why=why,
    )
    lines += _shown(context, decision)
    serves = _who_serves(context, decision)
    if is_refused:
        return Outcome(ExitCode.REFUSED, (*lines, f"data refused; {serves}"))
    return Outcome(ExitCode.REJECTED, (*lines, f"challenger rejected; {serves}"))


def _promoted(context: Context, decision: Decision, lines: list[str]) -> Outcome:
    approved = context.record("approved", decision=decision.identity, inputs=decision.inputs)
    with open_registry(context) as (store, registry):
        version = promote(context, store, registry, approved)
    model = context.config.registered_model
    if version is None:
        words = (
            f"{model}: another version serves than the challenger was judged against; run again."
        )
        return Outcome(ExitCode.MOVED, (*lines, words))
    return Outcome(ExitCode.DONE, (*lines, f"promoted: {model} version {version} serves."))


def _shown(context: Context, decision: Decision) -> list[str]:
    """Store a decision that changes nothing; a dead store is no reason to fail for it."""
    try:
        with open_registry(context) as (store, _):
            store_decision(context, store, decision)
    except SeqarenaError as error:
        return [f"{error} `seqarena sync` sends it later."]
    return []


def _who_serves(context: Context, decision: Decision) -> str:
    model = context.config.registered_model
    if decision.champion is None:
        return f"{model}: nothing serves."
    return f"{model} version {decision.champion.version} serves on."
