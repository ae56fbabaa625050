"""Back to an earlier version, in one command; and the list of versions, some of which may go."""

from datetime import UTC, datetime

from seqarena.errors import ArtifactError
from seqarena.retraining.context import Context
from seqarena.retraining.lock import Lock
from seqarena.retraining.outcomes import ExitCode, MovedError, Outcome
from seqarena.retraining.reconcile import finish_rollback, reconcile
from seqarena.retraining.registry import PREVIOUS, Registry, Version
from seqarena.retraining.settle import open_registry


def roll_back(context: Context, to: str | None, expected: str | None) -> Outcome:
    """Make an earlier version the champion again.

    Args:
        context: where and what.
        to: which; None: the one that served before.
        expected: the version that must serve now; None: any.

    Raises:
        HeldError: a retraining of this runs.
        MovedError: another version serves than the expected one; nothing was moved.
        ArtifactError: there is no such version, or none served before.
    """
    with Lock(context.home.lock, f"a retraining of {context.name}"):
        lines = reconcile(context)
        with open_registry(context) as (_, registry):
            serving = registry.serving()
            if expected is not None and serving != expected:
                raise MovedError(
                    f"{registry.model}: version {serving or 'none'} serves, and {expected} was "
                    "expected; nothing was moved."
                )
            target = to or _previous(registry)
            registry.version(target)
            if target == serving:
                words = f"{registry.model}: version {target} serves already."
                return Outcome(ExitCode.DONE, (*lines, words))
            begun = context.record("rollback_begun", version=target, previous=serving)
            return Outcome(ExitCode.DONE, (*lines, finish_rollback(context, registry, begun)))


def versions(context: Context) -> list[str]:
    """Return a line for each version, the newest first."""
    with open_registry(context) as (_, registry):
        return [_line(each) for each in registry.versions()] or [f"{registry.model}: no version."]


def delete_version(context: Context, number: str) -> str:
    """Delete a version that neither serves nor served last; return the words for it.

    Raises:
        ArtifactError: it does, or is not there.
        HeldError: a retraining of this runs.
    """
    with (
        Lock(context.home.lock, f"a retraining of {context.name}"),
        open_registry(context) as (_, registry),
    ):
        registry.delete(number)
        context.record("deleted", version=number)
        return f"{registry.model}: version {number} was deleted; its run and files are kept."


def _previous(registry: Registry) -> str:
    found = registry.serving(PREVIOUS)
    if found is None:
        raise ArtifactError(
            f"{registry.model}: no version served before; name one (`--to`): `seqarena versions`."
        )
    return found


def _line(version: Version) -> str:
    made = datetime.fromtimestamp(version.created / 1000, UTC).isoformat(timespec="minutes")
    aliases = f" [{', '.join(version.aliases)}]" if version.aliases else ""
    told = version.tags.get("experiment", "unknown origin")
    return f"version {version.number}{aliases}: {told}, decision {version.decision}, {made}"
