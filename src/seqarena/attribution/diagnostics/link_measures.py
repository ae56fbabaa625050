"""What a map from outputs to inputs covers, and how its links err."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.alignment_error import (
    Links,
    alignment_error_rate,
    best_links,
    sure_counts,
)
from seqarena.attribution.diagnostics.coverage import (
    coverage_deviation,
    omission_rate,
    repetition_rate,
)
from seqarena.attribution.diagnostics.distributions import distributions, mean_where
from seqarena.attribution.diagnostics.divergence import both_look, row_divergence
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.probes import Probe

Heads = Float[np.ndarray, "head row column"]


def is_cross(one: ProbeMap) -> bool:
    """Whether rows are output steps and columns input steps."""
    return one.name.endswith("cross")


def coverage_measures(about: Subject, rows: Heads) -> list[Measures]:
    """Return how evenly the columns are covered; n is their number."""
    n_columns = float(rows.shape[2])
    return [
        about.of_heads("coverage_deviation", coverage_deviation(rows), n_columns),
        about.of_heads("omission_rate", omission_rate(rows), n_columns),
        about.of_heads("repetition_rate", repetition_rate(rows), n_columns),
    ]


def link_measures(about: Subject, rows: Heads, probe: Probe) -> list[Measures]:
    """Return the errors of the links that the mean over heads gives; the end symbol has none."""
    gold = gold_links(probe)
    if gold is None or not len(gold[1]):
        return []
    mean, n_words = rows.mean(axis=0), rows.shape[1] - 1
    as_predicted = alignment_error_rate(best_links(mean, n_words), *gold)
    as_read = alignment_error_rate(best_links(mean, n_words, shift=1), *gold)
    return [
        about.of_all("alignment_error_rate", as_predicted, float(n_words)),
        about.of_all("alignment_error_rate_shifted", as_read, float(n_words)),
    ]


class AlignmentPair(NamedTuple):
    """Two maps from the outputs to the inputs of one probe, side by side."""

    first_f1: float | None
    """F1 of the first one's best links against the gold ones; None: none are known."""
    second_f1: float | None
    divergence: float
    """Between the two: mean Jensen-Shannon divergence of rows, heads averaged [bits]."""
    n_rows: int
    """Rows in which both look somewhere."""


def alignment_pair(first: ProbeMap, second: ProbeMap, probe: Probe) -> AlignmentPair:
    """Set an alignment model's posterior beside attention: Deng et al. (2018).

    Attention is a soft alignment over which nobody summed, so that the two can be read as one row
    although they are not the same thing. The gold links are the possible ones.

    Raises:
        DataError: the maps are not of one size.
    """
    one, other = (distributions(each.values, each.name).mean(axis=0) for each in (first, second))
    # Where the one has a row for the end symbol and the other has none, there is nothing to say.
    n_rows = min(len(one), len(other))
    one, other = one[:n_rows], other[:n_rows]
    divergence, n = mean_where(row_divergence(one, other), both_look(one, other))
    return AlignmentPair(_f1(one, probe), _f1(other, probe), float(divergence), int(n))


def gold_links(probe: Probe) -> tuple[Links, Links] | None:
    """Return the sure and the possible links of a probe; None where nothing is known of them.

    Of an output that comes from a span of input steps each is possible, and sure if it is alone.
    """
    if probe.links is not None:
        links = _links(list(probe.links))
        return links, links
    if probe.gold is None:
        return None
    spans = list(enumerate(probe.gold))
    possible = [(step, at) for at, span in spans for step in range(*span)]
    sure = [(first, at) for at, (first, after) in spans if after - first == 1]
    return _links(sure), _links(possible)


def _f1(mean: Float[np.ndarray, "row column"], probe: Probe) -> float | None:
    gold = gold_links(probe)
    if gold is None or not len(gold[1]):
        return None
    n_words = int(gold[1][:, 1].max()) + 1
    return sure_counts(best_links(mean, n_words), gold[1]).f1


def _links(pairs: list[tuple[int, int]]) -> Links:
    return np.array(pairs, dtype=np.int64).reshape(-1, 2)
