"""Brings MLflow to what was decided: the run, the version, the aliases, then the ledger.

Every step can be done again, so that a process that was stopped between two of them is simply
followed by another: what is there is found by the decision's name, not made twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from seqarena.errors import SeqarenaError
from seqarena.retraining import steps
from seqarena.retraining.context import Context
from seqarena.retraining.decision import JOURNAL_FILE, Decision, read_decision
from seqarena.retraining.ledger import Entry
from seqarena.retraining.outcomes import MovedError
from seqarena.retraining.package import MODEL, PACKAGE
from seqarena.retraining.registry import Registry
from seqarena.retraining.tell import run_of, version_tags, words_of
from seqarena.tracking.client_environment import PATIENT, client_environment
from seqarena.tracking.location import redact
from seqarena.tracking.mlflow_store import Store
from seqarena.tracking.replay import replay


@contextmanager
def open_registry(context: Context) -> Iterator[tuple[Store, Registry]]:
    """Open the store and the registry of a retraining.

    Raises:
        SeqarenaError: the store cannot be opened, or fails meanwhile.
    """
    with client_environment(PATIENT):
        try:
            store = Store(context.location)
            yield store, Registry(store, context.config.registered_model)
        except SeqarenaError:
            raise
        except Exception as error:  # MLflow and the network raise anything
            raise SeqarenaError(
                f"the tracking store {context.location} failed ({type(error).__name__}: "
                f"{redact(str(error))}); what was decided stands in {context.home.ledger}, and the "
                "next run goes on from there."
            ) from error


def store_decision(context: Context, store: Store, decision: Decision) -> str:
    """Replay a decision's journal into MLflow, and return the id of its run.

    Raises:
        SeqarenaError: the store has not taken it.
    """
    folder = context.home.decision(decision.identity)
    replay(folder / JOURNAL_FILE, store)
    run = run_of(decision)
    found = store.find(run.experiment, run.key)
    if found is None:
        raise SeqarenaError(f"{run.key}: the tracking store has not taken this run; run again.")
    return found.run_id


def register(context: Context, store: Store, registry: Registry, decision: Decision) -> str:
    """Store a decision and its package, and return the version that it makes.

    Raises:
        SeqarenaError: the store has not taken it.
    """
    run_id = store_decision(context, store, decision)
    folder = context.home.decision(decision.identity) / PACKAGE
    # In one call: a package holds the code too, hundreds of files.
    store.client.log_artifacts(run_id, str(folder), PACKAGE)
    steps.passed("stored")
    tags, words = version_tags(decision), words_of(decision)
    version = registry.register(decision.identity, run_id, f"{PACKAGE}/{MODEL}", tags, words)
    steps.passed("registered")
    return version


def promote(context: Context, store: Store, registry: Registry, approved: Entry) -> str | None:
    """Make an approved challenger the champion; return its version.

    None: another version serves by now than the one that it was judged against, so the decision is
    void; the ledger says so, and the challenger has to be judged again.
    """
    decision = read_decision(context.home.decision(approved.facts["decision"]))
    version = register(context, store, registry, decision)
    registry.tag(version, "seqarena.ledger", approved.sha256)
    expected = decision.champion.version if decision.champion else None
    try:
        registry.move(version, expected)
    except MovedError as error:
        context.record("abandoned", decision=decision.identity, version=version, why=str(error))
        return None
    steps.passed("moved")
    context.record(
        "promoted",
        decision=decision.identity,
        version=version,
        previous=expected,
        inputs=decision.inputs,
    )
    steps.passed("promoted")
    return version
