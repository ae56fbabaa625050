"""Rules on what the new examples look like beside those that the champion learnt from.

A test alone would call any difference significant once there are enough examples, and a distance
alone would take chance for drift where there are few: a drift counts when it is both large and
significant.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency, ks_2samp

from seqarena.retraining.gate.settings import DataRules
from seqarena.retraining.gate.verdict import Verdict, judged, not_applicable

_TOO_FEW = 5


def length_drift(
    before: Int[np.ndarray, "_"], new: Int[np.ndarray, "_"], rules: DataRules
) -> Verdict:
    """Compare lengths by the Kolmogorov–Smirnov distance."""
    rule = "length drift"
    if min(len(before), len(new)) < _TOO_FEW:
        return not_applicable(rule, f"{len(new)} new examples are too few to compare.")
    found = ks_2samp(before, new)
    distance, p = float(found.statistic), float(found.pvalue)
    words = (
        f"Kolmogorov–Smirnov distance {distance:.3f} (p = {p:.2g}), medians {np.median(before):g} "
        f"and {np.median(new):g} steps"
    )
    return _drift(rule, (distance, rules.max_length_drift), p, words, rules)


def feature_drift(
    before: Float[np.ndarray, "_ dim"], new: Float[np.ndarray, "_ dim"], rules: DataRules
) -> Verdict:
    """Compare each dimension of frames, the p-values corrected by Holm (1979); the worst counts."""
    rule = "feature drift"
    if min(len(before), len(new)) < _TOO_FEW:
        return not_applicable(rule, f"{len(new)} new frames are too few to compare.")
    found = [ks_2samp(a, b) for a, b in zip(before.T, new.T, strict=True)]
    distances = np.array([float(each.statistic) for each in found])
    corrected = _holm(np.array([float(each.pvalue) for each in found]))
    worst = int(distances.argmax())
    distance, p = float(distances[worst]), float(corrected[worst])
    words = (
        f"dimension {worst} of {len(found)} moved most: Kolmogorov–Smirnov distance "
        f"{distance:.3f} (p = {p:.2g}, Holm), medians {np.median(before[:, worst]):.3g} and "
        f"{np.median(new[:, worst]):.3g}"
    )
    return _drift(rule, (distance, rules.max_feature_drift), p, words, rules)


def symbol_drift(
    before: Int[np.ndarray, "symbols"], new: Int[np.ndarray, "symbols"], rules: DataRules
) -> Verdict:
    """Compare how often each symbol occurs: Jensen–Shannon divergence, and a chi-square test."""
    rule = "symbol drift"
    if min(before.sum(), new.sum()) < _TOO_FEW:
        return not_applicable(rule, f"{int(new.sum())} new symbols are too few to compare.")
    bits = float(jensenshannon(before, new, base=2) ** 2)
    p = _homogeneity(before, new)
    words = f"Jensen–Shannon divergence {bits:.4f} bits (chi-square p = {p:.2g})"
    return _drift(rule, (bits, rules.max_symbol_drift), p, words, rules)


def label_shift(
    before: Int[np.ndarray, "labels"],
    new: Int[np.ndarray, "labels"],
    names: tuple[str, ...],
    rules: DataRules,
) -> Verdict:
    """Compare the labels' shares: total variation, and a chi-square test of homogeneity."""
    rule = "label shift"
    if min(before.sum(), new.sum()) < _TOO_FEW:
        return not_applicable(rule, f"{int(new.sum())} new labels are too few to compare.")
    shares = new / new.sum() - before / before.sum()
    distance, p, worst = (
        float(abs(shares).sum() / 2),
        _homogeneity(before, new),
        int(abs(shares).argmax()),
    )
    words = (
        f"total variation {distance:.3f} (chi-square p = {p:.2g}); {names[worst]!r} moved most, "
        f"by {shares[worst]:+.3f}"
    )
    return _drift(rule, (distance, rules.max_label_shift), p, words, rules)


def _drift(
    rule: str, found: tuple[float, float], p: float, words: str, rules: DataRules
) -> Verdict:
    distance, most = found
    is_drift = distance > most and p < rules.significance
    words = f"{words}; at most {most:g}, unless p is {rules.significance:g} or more."
    return judged(rule, not is_drift, words, distance=distance, p=p, most=most)


def _homogeneity(before: Int[np.ndarray, "_"], new: Int[np.ndarray, "_"]) -> float:
    """Return the p-value of both counts coming from one distribution."""
    table = np.stack([before, new])
    table = table[:, table.sum(axis=0) > 0]
    return 1.0 if table.shape[1] < 2 else float(chi2_contingency(table).pvalue)


def _holm(p: Float[np.ndarray, "_"]) -> Float[np.ndarray, "_"]:
    order = np.argsort(p)
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty_like(p)
    corrected[order] = np.minimum(scaled, 1.0)
    return corrected
