"""What a probe's layers of self-attention say together."""

from collections.abc import Mapping

import numpy as np

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.distributions import distributions, mean_where
from seqarena.attribution.diagnostics.divergence import both_look, row_divergence
from seqarena.attribution.diagnostics.flow import MOST_STEPS, attention_flow
from seqarena.attribution.diagnostics.layers import Square
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.diagnostics.rollout import rollout


def rollout_map(layers: Mapping[str, Square], n_steps: int) -> ProbeMap | None:
    """Return the rollout of a probe's layers as a map like theirs; None where there are none."""
    if not layers:
        return None
    rolled = rollout(list(layers.values()))
    # The last step of a density predicts nothing; its column stays, and nobody looks at it.
    missing = n_steps - len(rolled)
    values = np.pad(rolled, ((0, 0), (0, missing)))
    return ProbeMap("rollout", "weights", values[None], first_row=missing)


def flow_measures(layers: Mapping[str, Square], example: str) -> list[Measures]:
    """Return how far attention flow is from rollout; nothing of more steps than it can do."""
    squares = list(layers.values())
    if not squares or not 0 < squares[0].shape[-1] <= MOST_STEPS:
        return []
    flow, rolled = distributions(attention_flow(squares), "attention flow"), rollout(squares)
    mean, n = mean_where(row_divergence(rolled, flow), both_look(rolled, flow))
    return [Subject("rollout", example).of_all("rollout_flow_divergence", float(mean), float(n))]
