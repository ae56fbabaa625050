"""What a probe's maps say beside the influence of its steps."""

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.agreement import kendall_tau, redundancy_ratio, some_rows
from seqarena.attribution.diagnostics.distributions import distributions, mean_where
from seqarena.attribution.diagnostics.divergence import both_look, row_divergence
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.influence.influence_map import InfluenceMap

Heads = Float[np.ndarray, "head row column"]
Effect = Float[np.ndarray, "row column"]


def influence_measures(influence: InfluenceMap, example: str) -> list[Measures]:
    """Return how much the steps of a probe matter, means over its outputs."""
    about, n = Subject("", example), float(len(influence.change))
    if not n:
        return []
    name = "leave_one_out" if influence.unit == "bits" else "leave_one_out_nats"
    left_out = np.abs(influence.change.astype(np.float64)).sum(axis=1)
    # What an impossible output gains is infinite.
    mean, n_finite = mean_where(left_out, np.isfinite(left_out))
    measures = [about.of_all(name, float(mean), float(n_finite))]
    if influence.effect is not None:
        total = influence.effect.astype(np.float64).sum(axis=1).mean()
        measures.append(about.of_all("influence_total", float(total), n))
        if influence.whole is not None:
            ratio, exists = redundancy_ratio(
                influence.effect.astype(np.float64), influence.whole.astype(np.float64)
            )
            mean, n_rows = mean_where(ratio, exists)
            measures.append(about.of_all("redundancy_ratio", float(mean), float(n_rows)))
    return measures


def agreement_measures(one: ProbeMap, influence: InfluenceMap, example: str) -> list[Measures]:
    """Return how a map of steps agrees with influence; nothing if their rows do not correspond.

    Of each head the divergence of rows (mechanism and effect, both as shares), of the mean over
    heads Kendall's tau.
    """
    beside = rows_beside(one, influence)
    if beside is None:
        return []
    rows, effect, valid = beside
    about = Subject(one.name, example)
    shares = np.broadcast_to(distributions(effect, "influence"), rows.shape)
    divergence = mean_where(row_divergence(rows, shares), both_look(rows, shares))
    chosen = some_rows(np.arange(len(effect)), effect.shape[1])
    tau, n = mean_where(*kendall_tau(rows.mean(axis=0)[chosen], effect[chosen], valid[chosen]))
    return [
        about.of_heads("influence_divergence", *divergence),
        about.of_all("kendall_tau", float(tau), float(n)),
    ]


def rows_beside(
    one: ProbeMap, influence: InfluenceMap
) -> tuple[Heads, Effect, Bool[np.ndarray, "row column"]] | None:
    """Return a map's rows, the influence on the same outputs, and which columns are valid.

    A density has no row for the first output. Of a classifier all rows of a map are averaged, as
    there is one output. None: columns are not steps, or rows are not outputs.
    """
    effect = effect_of(influence)
    rows = distributions(one.values, one.name)
    if rows.shape[2] != effect.shape[1] or one.kind == "count_context" or not len(effect):
        return None
    if len(effect) == 1:
        rows = distributions(rows.sum(axis=1, keepdims=True), one.name)
    outputs = slice(one.first_row if len(effect) > 1 else 0, None)
    if len(effect[outputs]) != rows.shape[1]:
        return None
    return rows, effect[outputs], valid_pairs(influence, effect, one.first_row)[outputs]


def effect_of(influence: InfluenceMap) -> Effect:
    """Return the effect of each step; of frames, which have no bits, the size of the change."""
    found = np.abs(influence.change) if influence.effect is None else influence.effect
    return found.astype(np.float64)


def valid_pairs(
    influence: InfluenceMap, effect: Effect, first_row: int
) -> Bool[np.ndarray, "output step"]:
    """Return where the model can look: what influence says, or the past where a map begins late."""
    if influence.valid is not None:
        return influence.valid
    everything = np.ones(effect.shape, dtype=bool)
    return np.tril(everything, -1) if first_row > 0 else everything
