"""Attention through all layers: as water through pipes."""

from collections.abc import Sequence

import networkx as nx
import numpy as np
from jaxtyping import Float

from seqarena.attribution.diagnostics.rollout import with_residual
from seqarena.errors import DataError

MOST_STEPS = 32
"""One maximum flow per pair of steps: their number and each one's time grow with the length."""


def attention_flow(
    layers: Sequence[Float[np.ndarray, "_ step step"]],
) -> Float[np.ndarray, "step step"]:
    """Return the maximum flow from each step of the last layer to each input step.

    Abnar & Zuidema (2020), section 3: capacities are those of `rollout`, (A + I) / 2. Values are 0
    to 1; unlike a rollout's, rows need not sum to 1.

    Raises:
        DataError: there is no layer, or more than `MOST_STEPS` steps.
    """
    if not layers:
        raise DataError("there is no layer of self-attention for anything to flow through.")
    n_steps = layers[0].shape[-1]
    if n_steps > MOST_STEPS:
        raise DataError(
            f"attention flow of {n_steps} steps would take too long; at most {MOST_STEPS}. "
            "Use rollout."
        )
    graph, top = _pipes(layers), len(layers)
    flow = np.zeros((n_steps, n_steps))
    for row, column in np.ndindex(flow.shape):
        flow[row, column] = nx.maximum_flow_value(graph, (top, row), (0, column))
    return flow


def _pipes(layers: Sequence[Float[np.ndarray, "_ step step"]]) -> "nx.DiGraph[tuple[int, int]]":
    """Return a node for each step at each depth; depth 0 is the input."""
    graph: nx.DiGraph[tuple[int, int]] = nx.DiGraph()
    for depth, layer in enumerate(layers):
        capacities = with_residual(layer)
        graph.add_nodes_from((depth + up, step) for step in range(len(capacities)) for up in (0, 1))
        for row, column in np.argwhere(capacities > 0).tolist():
            pipe = float(capacities[row, column])
            graph.add_edge((depth + 1, row), (depth, column), capacity=pipe)
    return graph
