"""Rules on a new data version beside the champion's: shape, policy, labels, sizes, copies."""

from collections.abc import Mapping
from typing import Any

from seqarena.retraining.gate.settings import DataRules
from seqarena.retraining.gate.verdict import Verdict, judged, not_applicable
from seqarena.wording import counted

# These follow from which examples there are; what a step, a frame or a target is, does not.
_GROWS = {
    "abbreviations",
    "max_length",
    "max_target_length",
    "n_classes",
    "n_symbols",
    "n_tags",
    "n_target_symbols",
    "sentence_ends",
    "sentence_followers",
    "target_end",
    "target_of_symbol",
}
_MOST_NAMED = 5


def same_schema(before: Mapping[str, Any], after: Mapping[str, Any]) -> Verdict:
    """Pass when steps, frames and targets are of the same kind; alphabets may grow.

    Args:
        before: schema of the champion's data, as `DataSchema.as_dict` gives it.
        after: that of the new version.
    """
    changed = _differences(before, after, _GROWS)
    words = f"changed: {_listed(changed)}." if changed else "the same kind of data."
    return judged("schema", not changed, words)


def same_policy(before: Mapping[str, Any], after: Mapping[str, Any], rules: DataRules) -> Verdict:
    """Pass when data is split, guarded and scored by the champion's rules.

    Args:
        before: `protocol` of the champion's manifest.
        after: that of the new version.
        rules: may let another policy be.
    """
    changed = _differences(before, after, set())
    if not changed:
        return judged("test policy", True, "the champion's.")
    if not rules.same_test_policy:
        return not_applicable("test policy", f"may change, and did: {_listed(changed)}.")
    words = f"another than the champion's: {_listed(changed)}. Two policies make two test sets."
    return judged("test policy", False, words)


def same_labels(before: tuple[str, ...], after: tuple[str, ...], rules: DataRules) -> Verdict:
    """Pass when no label (or tag) came that the champion never saw, and none went.

    Args:
        before: names of the champion's labels; empty where the task has none.
        after: those of the new version.
        rules: may let new labels be.
    """
    if not before and not after:
        return not_applicable("labels", "the task has none.")
    came, went = sorted(set(after) - set(before)), sorted(set(before) - set(after))
    words = ", ".join(
        f"{what} {_listed(list(map(repr, names)))}"
        for what, names in (("never seen:", came), ("gone:", went))
        if names
    )
    passed = not went and (not came or rules.new_labels == "allow")
    return judged("labels", passed, f"{words or 'the same'}.", n_new=len(came), n_gone=len(went))


def enough_new(n_new: int, n_examples: int, data_changed: bool, rules: DataRules) -> Verdict:
    """Pass when at least `min_new_examples` came; an update without any is no update."""
    rule, least = "new examples", rules.min_new_examples
    if not data_changed:
        return not_applicable(rule, f"{n_new} of {n_examples}; the data did not change.")
    words = f"{n_new} of {n_examples} are new; at least {least}."
    return judged(rule, n_new >= least, words, n_new=n_new, n_examples=n_examples)


def enough_kept(n_kept: int, n_before: int, rules: DataRules) -> Verdict:
    """Pass when at least `min_kept_share` of the champion's examples are still there."""
    share = n_kept / max(n_before, 1)
    words = (
        f"{n_kept} of the champion's {counted(n_before, 'example')} are still there ({share:.1%}); "
        f"at least {rules.min_kept_share:.1%}, unless the source was cut short."
    )
    passed = share >= rules.min_kept_share
    return judged("kept examples", passed, words, n_kept=n_kept, n_before=n_before, share=share)


def few_duplicates(n_copies: int, n_new: int, rules: DataRules) -> Verdict:
    """Pass when at most `max_duplicate_share` of what came stands elsewhere too.

    Args:
        n_copies: rows that came whose input was there before, or came twice.
        n_new: rows that came, copies included.
        rules: the bound.
    """
    if n_new == 0:
        return not_applicable("duplicates", "nothing came.")
    share = n_copies / n_new
    words = f"{n_copies} of {n_new} rows that came are copies ({share:.1%}); at most "
    words += f"{rules.max_duplicate_share:.1%}."
    passed = share <= rules.max_duplicate_share
    return judged("duplicates", passed, words, n_copies=n_copies, n_new=n_new, share=share)


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], free: set[str]) -> list[str]:
    return [
        f"{key} was {_short(before.get(key))}, is {_short(after.get(key))}"
        for key in sorted({*before, *after} - free)
        if before.get(key) != after.get(key)
    ]


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")
