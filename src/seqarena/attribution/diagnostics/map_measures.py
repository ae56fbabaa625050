"""What a single map of a probe says by itself."""

import numpy as np
from jaxtyping import Float, Int

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.concentration import confidence, sink_excess, sink_mass
from seqarena.attribution.diagnostics.distance import mean_distance, mean_offset
from seqarena.attribution.diagnostics.distributions import distributions, looks, mean_where
from seqarena.attribution.diagnostics.entropy import (
    effective_support,
    entropy,
    normalised_entropy,
)
from seqarena.attribution.diagnostics.link_measures import (
    coverage_measures,
    is_cross,
    link_measures,
)
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.probes import Probe

RowValues = dict[str, Float[np.ndarray, "head row"]]


def measures_of_map(one: ProbeMap, probe: Probe, with_rows: bool) -> list[Measures]:
    """Return every diagnostic of a probe's map that needs nothing but the map."""
    rows = distributions(one.values, f"{one.name} of probe {probe.id!r}")
    looking = looks(rows)
    about = Subject(one.name, probe.id)
    measures = []
    for metric, values in row_values(one, rows).items():
        measures.append(about.of_heads(metric, *mean_where(values, looking)))
        if with_rows:
            each = about.of_rows(metric, values, looking.astype(np.float64), one.first_row)
            measures.append(each)
    if is_cross(one):
        measures += coverage_measures(about, rows) + link_measures(about, rows, probe)
    return measures


def row_values(one: ProbeMap, rows: Float[np.ndarray, "head row column"]) -> RowValues:
    """Return the metrics of each row; distances and sinks where it is a step among the columns."""
    bits, n_valid = entropy(rows), valid_columns(one)
    values = {
        "entropy": bits,
        "effective_support": effective_support(bits),
        "normalised_entropy": normalised_entropy(bits, n_valid),
        "confidence": confidence(rows),
    }
    if one.kind == "weights" and one.name.endswith("self"):
        places = row_places(one)
        values["distance"] = mean_distance(rows, places)
        values["offset"] = mean_offset(rows, places)
        values["sink_mass"] = sink_mass(rows)
        values["sink_excess"] = sink_excess(rows, n_valid)
    return values


def row_places(one: ProbeMap) -> Int[np.ndarray, "row"]:
    """Return the step of each row."""
    return np.arange(one.first_row, one.first_row + one.values.shape[1])


def valid_columns(one: ProbeMap) -> Int[np.ndarray, "row"]:
    """Return how many columns each row may look at.

    A map whose first row is missing, because nothing comes before it, is of a model that sees the
    past alone: row t has t columns. Nothing is known here of a window: it counts as a wide one.
    """
    if one.first_row > 0:
        return row_places(one)
    return np.full(one.values.shape[1], one.values.shape[2])
