"""What a probe's maps say beside the influence of its steps."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.agreement import kendall_tau, some_rows
from seqarena.attribution.diagnostics.distributions import distributions, mean_where
from seqarena.attribution.diagnostics.divergence import both_look, row_divergence
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.oracle.redundancy import pooled_redundancy
from seqarena.attribution.oracle.row_scores import valid_of

Heads = Float[np.ndarray, "head row column"]
Effect = Float[np.ndarray, "row column"]


def influence_measures(influence: InfluenceMap, example: str) -> list[Measures]:
    """Return how much the steps of a probe matter, means over the outputs that were asked about.

    An output is one of those if it can look at any step (`valid`): the first of a density cannot,
    and those beyond a budget of steps are zeros that stand for nothing.
    """
    about = Subject("", example)
    asked = np.asarray(valid_of(influence).any(axis=1))
    name = "leave_one_out" if influence.unit == "bits" else "leave_one_out_nats"
    left_out = np.abs(influence.change.astype(np.float64)).sum(axis=1)
    # What an impossible output gains is infinite.
    found = {name: mean_where(left_out, asked & np.isfinite(left_out))}
    if influence.effect is not None:
        total = influence.effect.astype(np.float64).sum(axis=1)
        found["influence_total"] = mean_where(total, asked)
    return [about.of_all(name, float(mean), float(n)) for name, (mean, n) in found.items() if n]


def redundancy_measures(maps: Iterable[InfluenceMap | None]) -> list[Measures]:
    """Return the redundancy ratio of all probes together, as reports have it of all seeds."""
    found = pooled_redundancy(one for one in maps if one is not None and one.effect is not None)
    return [Subject("").of_all("redundancy_ratio", found.mean, float(found.n))] if found.n else []


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
    chosen = some_rows(np.flatnonzero(valid.any(axis=1)), effect.shape[1])
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
    effect = size_of_effect(influence)
    rows = distributions(one.values, one.name)
    if rows.shape[2] != effect.shape[1] or one.kind == "count_context" or not len(effect):
        return None
    if len(effect) == 1:
        rows = distributions(rows.sum(axis=1, keepdims=True), one.name)
    outputs = slice(one.first_row if len(effect) > 1 else 0, None)
    if len(effect[outputs]) != rows.shape[1]:
        return None
    return rows, effect[outputs], valid_pairs(influence, effect, one.first_row)[outputs]


def size_of_effect(influence: InfluenceMap) -> Effect:
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
