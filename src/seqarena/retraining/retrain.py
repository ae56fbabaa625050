"""The whole of a retraining, in order; idempotent, and light where there is nothing to do.

Torch, Lightning and MLflow take seconds to import: this module imports what needs them when it is
known that they are needed.
"""

from seqarena.errors import DataError, SeqarenaError
from seqarena.retraining.context import Context
from seqarena.retraining.glance import CannotTellError, serving_version
from seqarena.retraining.inputs import Inputs, read_inputs
from seqarena.retraining.ledger import Entry, read_ledger
from seqarena.retraining.lock import Lock
from seqarena.retraining.outcomes import ExitCode, Outcome, RefusedError
from seqarena.retraining.remembered import Remembered
from seqarena.retraining.sources import sources_changed, stale_stages, update_sources
from seqarena.retraining.standing import Standing, answer_to


def retrain(context: Context, commit: bool = False) -> Outcome:
    """Look what changed, fit, judge, and promote on evidence; see `ExitCode` for how it can end.

    Args:
        context: where and what.
        commit: whether Git takes what changed.

    Raises:
        HeldError: another process retrains this.
        ArtifactError: the ledger is broken.
        SeqarenaError: something failed; the champion serves on.
    """
    with Lock(context.home.lock, f"a retraining of {context.name}"):
        lines = _reconciled(context)
        remembered = Remembered(context.home.remembered)
        try:
            update_sources(context.config.imports, remembered)
        except RefusedError as error:
            return _refused(context, error, None, lines)
        standing = context.standing()
        inputs = read_inputs(context.name, context.config, remembered)
        outcome = _nothing_new(standing, inputs, lines) or _tried(context, standing, inputs, lines)
        # Not what was seen before a failure: what was missing then may be installed by now.
        remembered.keep()
        return _committed(context, outcome) if commit else outcome


def plan(context: Context) -> Outcome:
    """Say what a retraining would do, and change nothing."""
    standing = context.standing()
    remembered = Remembered(context.home.remembered)
    inputs = read_inputs(context.name, context.config, remembered)
    lines = [_champion_line(context, standing)]
    if standing.pending is not None:
        lines.append(
            f"would first finish {standing.pending.event} of entry {standing.pending.number}."
        )
    moved = sources_changed(context.config.imports, remembered)
    lines += [f"would update {name}: {what}" for name, what in moved.items()]
    nothing = _nothing_new(standing, inputs, [])
    if nothing is not None and not moved:
        return Outcome(ExitCode.DONE, (*lines, *nothing.lines))
    lines.append(f"would retrain: {', '.join(inputs.changes(standing.champion_inputs))} changed.")
    stages = stale_stages([f"evaluate@{name}" for name in context.config.experiments])
    lines.append(f"stages that DVC knows to be stale: {', '.join(stages) or 'none yet'}.")
    return Outcome(ExitCode.DONE, tuple(lines))


def _reconciled(context: Context) -> list[str]:
    """Pick up what was left half done; a glance tells whether anything was."""
    standing = context.standing()
    try:
        serving = serving_version(context.location, context.config.registered_model)
        if standing.pending is None and serving == standing.champion:
            return []
    except CannotTellError:
        pass  # MLflow's own client is asked, and says what is wrong
    from seqarena.retraining.reconcile import reconcile

    return reconcile(context)


def _nothing_new(standing: Standing, inputs: Inputs, lines: list[str]) -> Outcome | None:
    if standing.champion is not None and inputs.components == standing.champion_inputs:
        words = f"nothing new: version {standing.champion} was made of the same data and settings."
        return Outcome(ExitCode.DONE, (*lines, words))
    answer = answer_to(standing, inputs.components)
    if answer is None:
        return None
    return Outcome(ExitCode.DONE, (*lines, f"nothing new since {_told(answer)}."))


def _told(entry: Entry) -> str:
    why = f": {entry.facts['why'].removesuffix('.')}" if "why" in entry.facts else ""
    return f"entry {entry.number} ({entry.time[:16]} UTC), which was {entry.event}{why}"


def _tried(context: Context, standing: Standing, inputs: Inputs, lines: list[str]) -> Outcome:
    """Go from changed inputs to a settled decision, and write down how it ends, however it ends."""
    from seqarena.retraining import steps
    from seqarena.retraining.attempt import attempt
    from seqarena.retraining.champion import find_champion
    from seqarena.retraining.settle import open_registry

    before = standing.champion_inputs
    context.record("begun", inputs=inputs.components, changed=inputs.changes(before))
    steps.passed("begun")
    try:
        with open_registry(context) as (_, registry):
            champion = find_champion(registry, context.home)
        decision = attempt(context, champion, inputs, before)
    except (RefusedError, DataError) as error:
        return _refused(context, error, inputs, lines)
    except BaseException as error:  # a signal too: the ledger says how it ended
        context.record("failed", inputs=inputs.components, why=f"{type(error).__name__}: {error}")
        raise
    from seqarena.retraining.conclude import conclude

    return conclude(context, decision, lines)


def _refused(
    context: Context, error: SeqarenaError, inputs: Inputs | None, lines: list[str]
) -> Outcome:
    """Write a refusal down, unless it is the last thing that the ledger says already."""
    facts = {"why": str(error), "inputs": inputs.components if inputs else None}
    entries = read_ledger(context.home.ledger)
    is_told = bool(entries) and entries[-1].event == "refused" and entries[-1].facts == facts
    if not is_told:
        context.record("refused", **facts)
    words = (f"data refused: {error}", _champion_line(context, context.standing()))
    return Outcome(ExitCode.REFUSED, (*lines, *words))


def _champion_line(context: Context, standing: Standing) -> str:
    model = context.config.registered_model
    if standing.champion is None:
        return f"{model}: nothing serves yet."
    return f"{model}: version {standing.champion} serves."


def _committed(context: Context, outcome: Outcome) -> Outcome:
    """Commit what is settled and was not committed; a refusal commits nothing."""
    entry = context.standing().uncommitted
    if entry is None:
        return outcome
    from seqarena.retraining.commit import commit_results

    identity = entry.facts.get("decision")
    message = f"Retrain {context.name}: {entry.event}\n\nDecision {identity}"
    try:
        commit = commit_results(context, message)
    except SeqarenaError as error:
        return Outcome(ExitCode.FAILED, (*outcome.lines, str(error)))
    context.record("committed", decision=identity, commit=commit)
    words = f"committed {commit[:12]}." if commit else "nothing to commit."
    return Outcome(outcome.code, (*outcome.lines, words))
