"""Picks up what an earlier run left: a promotion or a rollback half done, a champion that moved."""

from seqarena.retraining.context import Context
from seqarena.retraining.decision import read_decision
from seqarena.retraining.ledger import Entry
from seqarena.retraining.outcomes import MovedError
from seqarena.retraining.package import PACKAGE
from seqarena.retraining.registry import Registry
from seqarena.retraining.settle import open_registry, promote, register
from seqarena.retraining.standing import Standing
from seqarena.tracking.mlflow_store import Store


def reconcile(context: Context) -> list[str]:
    """Bring ledger and registry together, and say what had to be done; nothing: they agree.

    Raises:
        SeqarenaError: the store cannot be asked.
    """
    with open_registry(context) as (store, registry):
        standing = context.standing()
        if standing.pending is not None:
            return [_finished(context, store, registry, standing.pending)]
        serving = registry.serving()
        if serving == standing.champion:
            return []
        if serving is None:
            return [_restored(context, store, registry, standing)]
        return [_adopted(context, registry, serving, standing)]


def _finished(context: Context, store: Store, registry: Registry, pending: Entry) -> str:
    if pending.event == "rollback_begun":
        try:
            return finish_rollback(context, registry, pending)
        except MovedError as error:
            context.record("abandoned", version=pending.facts["version"], why=str(error))
            return f"a rollback that was left half done is void: {error}"
    identity = pending.facts["decision"]
    version = promote(context, store, registry, pending)
    if version is None:
        return f"decision {identity} was void when it was picked up: another version serves now."
    return (
        f"picked up decision {identity} where it was left: {registry.model} version {version} "
        "serves."
    )


def finish_rollback(context: Context, registry: Registry, begun: Entry) -> str:
    """Move the aliases as the ledger announced, and say so in the ledger."""
    to, expected = begun.facts["version"], begun.facts["previous"]
    registry.move(to, expected)
    decision = registry.version(to).decision
    context.record("rolled_back", version=to, previous=expected, decision=decision)
    return f"{registry.model}: version {to} serves; version {expected} did before."


def _adopted(context: Context, registry: Registry, serving: str, standing: Standing) -> str:
    decision = registry.version(serving).decision
    why = f"version {serving} serves, and the ledger said {standing.champion or 'none'}"
    context.record(
        "adopted", version=serving, previous=standing.champion, decision=decision, why=why
    )
    return f"{registry.model}: {why}; somebody moved it, and it is the champion from now on."


def _restored(context: Context, store: Store, registry: Registry, standing: Standing) -> str:
    """Register the champion of the ledger again: the registry, or its alias, was lost."""
    identity = standing.decision
    if identity is None or not (context.home.decision(identity) / PACKAGE).is_dir():
        context.record(
            "adopted", version=None, previous=standing.champion, why="the registry names none"
        )
        return f"{registry.model}: no version serves any more, and the last cannot be restored."
    decision = read_decision(context.home.decision(identity))
    version = register(context, store, registry, decision)
    registry.move(version, None)
    why = f"the registry named none; version {version} was restored from {identity}"
    context.record(
        "adopted", version=version, previous=standing.champion, decision=identity, why=why
    )
    return f"{registry.model}: {why}."
