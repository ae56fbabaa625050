"""What the ledger says of the present: the champion, what is settled, what is half done."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from seqarena.retraining.ledger import Entry

_SETTLES = ("refused", "rejected", "promoted")


@dataclass(frozen=True)
class Standing:
    """The sum of a ledger."""

    champion: str | None = None
    """Version in the registry that serves, as far as the ledger knows; None: none yet."""
    decision: str | None = None
    """Decision that made that version."""
    champion_inputs: dict[str, str] = field(default_factory=dict)
    """What the champion is a function of; empty: not known."""
    answered: tuple[Entry, ...] = ()
    """Entries that answered a change of inputs: each promotion, and all since the last of them."""
    pending: Entry | None = None
    """An announcement (`approved`, `rollback_begun`) that nothing has answered yet."""
    unfinished: Entry | None = None
    """A beginning (`begun`) that nothing has followed."""
    uncommitted: Entry | None = None
    """What was settled and not committed since."""
    n_decisions: int = 0
    """How many were made."""
    inputs_of: dict[str, dict[str, str]] = field(default_factory=dict)
    """What the champion that each decision made is a function of."""


def standing_of(entries: Iterable[Entry]) -> Standing:
    """Sum a ledger up."""
    standing = Standing()
    for entry in entries:
        standing = _after(standing, entry)
    return standing


def _after(standing: Standing, entry: Entry) -> Standing:
    standing = replace(standing, unfinished=None, n_decisions=_count(standing, entry))
    match entry.event:
        case "begun":
            return replace(standing, unfinished=entry)
        case "approved" | "rollback_begun":
            return replace(standing, pending=entry)
        case "promoted" | "rolled_back" | "adopted":
            standing = _with_champion(standing, entry)
        case "abandoned":
            standing = replace(standing, pending=None)
        case "committed":
            standing = replace(standing, uncommitted=None)
        case _:
            pass
    return _settled(standing, entry) if entry.event in _SETTLES else standing


def _with_champion(standing: Standing, entry: Entry) -> Standing:
    decision, inputs_of = entry.facts.get("decision"), standing.inputs_of
    if decision and entry.facts.get("inputs"):
        inputs_of = {**inputs_of, decision: entry.facts["inputs"]}
    return replace(
        standing,
        champion=entry.facts["version"],
        decision=decision,
        champion_inputs=inputs_of.get(decision or "", {}),
        inputs_of=inputs_of,
        pending=None,
    )


def _settled(standing: Standing, entry: Entry) -> Standing:
    if not entry.facts.get("inputs"):  # the source could not even be looked at
        return standing
    uncommitted = standing.uncommitted if entry.event == "refused" else entry
    before = standing.answered
    if entry.event == "promoted":
        # Against another champion what was rejected may be judged again; what served once is not
        # fitted again: `rollback` is the way back to it, and must not be undone by the next run.
        before = tuple(each for each in before if each.event == "promoted")
    return replace(standing, answered=(*before, entry), uncommitted=uncommitted)


def answer_to(standing: Standing, inputs: dict[str, str]) -> Entry | None:
    """Return the entry that answered these inputs last; None: none did."""
    found = [each for each in standing.answered if each.facts["inputs"] == inputs]
    return found[-1] if found else None


def _count(standing: Standing, entry: Entry) -> int:
    """Count what has a folder of its own; a refusal of `prepare` has none."""
    is_new = entry.event in ("approved", "rejected", "refused") and "decision" in entry.facts
    return standing.n_decisions + is_new
