"""Every rule on a new data version, before anything is fitted to it."""

from pathlib import Path

import numpy as np

from seqarena.data.alphabet import UNKNOWN
from seqarena.retraining.data_version import DataVersion
from seqarena.retraining.gate.data_rules import (
    enough_kept,
    enough_new,
    few_duplicates,
    same_labels,
    same_policy,
    same_schema,
)
from seqarena.retraining.gate.drift import (
    feature_drift,
    label_shift,
    length_drift,
    symbol_drift,
)
from seqarena.retraining.gate.settings import DataRules
from seqarena.retraining.gate.verdict import Verdict, not_applicable
from seqarena.retraining.portrait import (
    Portrait,
    fitted_portrait,
    joined,
    portrait_of_unknown,
)

_RULES = (
    "schema",
    "test policy",
    "labels",
    "new examples",
    "kept examples",
    "duplicates",
    "length drift",
    "symbol drift",
    "feature drift",
    "label shift",
)


def judge_data(
    before: DataVersion | None,
    after: DataVersion,
    prepared: Path,
    data_changed: bool,
    rules: DataRules,
) -> list[Verdict]:
    """Return the verdict of every rule.

    Args:
        before: the champion's data; None: there is no champion.
        after: the new version.
        prepared: folder of the new version.
        data_changed: whether the source changed; else only settings or code did.
        rules: their bounds.
    """
    if before is None:
        return [not_applicable(rule, "there is no champion's data.") for rule in _RULES]
    came = _came(before.known, after, prepared)
    all_before = joined([before.fitted, before.test])
    n_kept = len(before.known & after.known)
    return [
        same_schema(before.manifest.schema.as_dict(), after.manifest.schema.as_dict()),
        same_policy(before.manifest.protocol, after.manifest.protocol, rules),
        same_labels(before.label_names, after.label_names, rules),
        enough_new(len(set(came.digests)), after.n_examples, data_changed, rules),
        enough_kept(n_kept, len(before.known), rules),
        _duplicates(before, after, came, rules),
        *_drifts(all_before, came, before.manifest.symbols, rules),
    ]


def _came(known: frozenset[bytes], after: DataVersion, prepared: Path) -> Portrait:
    of_test = portrait_of_unknown(after.test_split.sequences, after.manifest, known)
    return joined([fitted_portrait(prepared, after.manifest, known), of_test])


def _duplicates(
    before: DataVersion, after: DataVersion, came: Portrait, rules: DataRules
) -> Verdict:
    """Count rows, not inputs: what came is how many rows there are more, or unknown ones."""
    n_more = max(after.n_examples - before.n_examples, len(came.digests))
    return few_duplicates(n_more - len(set(came.digests)), n_more, rules)


def _drifts(
    before: Portrait, came: Portrait, symbols: tuple[str, ...] | None, rules: DataRules
) -> list[Verdict]:
    return [
        length_drift(before.lengths, came.lengths, rules),
        _of_symbols(before, came, symbols, rules),
        _of_frames(before, came, rules),
        _of_labels(before, came, rules),
    ]


def _of_symbols(
    before: Portrait, came: Portrait, symbols: tuple[str, ...] | None, rules: DataRules
) -> Verdict:
    if not before.symbols:
        return not_applicable("symbol drift", "the inputs are frames.")
    counts = dict(came.symbols)
    if symbols is not None:
        # What the champion cannot spell is one symbol to it.
        unknown = sum(counts.pop(name) for name in list(counts) if name not in symbols)
        counts[UNKNOWN] = counts.get(UNKNOWN, 0) + unknown
    names = sorted({*before.symbols, *counts})
    return symbol_drift(_column(before.symbols, names), _column(counts, names), rules)


def _of_frames(before: Portrait, came: Portrait, rules: DataRules) -> Verdict:
    if before.frames is None:
        return not_applicable("feature drift", "the inputs are symbols.")
    none = before.frames[:0]
    frames = none if came.frames is None else came.frames
    if frames.shape[1] != before.frames.shape[1]:
        return not_applicable("feature drift", "the frames have another width; see schema.")
    return feature_drift(before.frames, frames, rules)


def _of_labels(before: Portrait, came: Portrait, rules: DataRules) -> Verdict:
    if not before.labels:
        return not_applicable("label shift", "the task has no labels.")
    names = sorted({*before.labels, *came.labels})
    old, new = (_column(counts, names) for counts in (before.labels, came.labels))
    return label_shift(old, new, tuple(names), rules)


def _column(counts: dict[str, int], names: list[str]) -> np.ndarray:
    return np.array([counts.get(name, 0) for name in names], dtype=np.int64)
