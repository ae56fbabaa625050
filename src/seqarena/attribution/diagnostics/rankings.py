"""Orders in which the steps of a probe can be taken away, by what they come from."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.diagnostics.gradients import gradient_times_attention
from seqarena.attribution.diagnostics.influence_measures import size_of_effect
from seqarena.attribution.diagnostics.places import Places
from seqarena.attribution.diagnostics.questions import Questions
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.families.fitted_network import Neural
from seqarena.seeds import numpy_generator

Scores = Float[np.ndarray, "step"]
"""Highest first to go."""


def rankings_of(questions: Questions, places: Places, at: int) -> dict[str, Scores]:
    """Return the scores of a probe's steps by weights, by gradients, by influence, and at random.

    The last is the control; the others are there as far as model and capture can give them.
    """
    probe = questions.capture.probes[at]
    rankings: dict[str, Scores] = {}
    received = mean_received(questions.capture.maps[at], probe.n_steps)
    if received is not None:
        rankings["weights"] = received
    model = questions.model
    if places and questions.config.gradients and isinstance(model, Neural):
        batch = questions.batch(np.array([at]))
        *_, last = gradient_times_attention(model, places, batch).values()
        if last.any():
            rankings["gradient"] = np.abs(last[0]).sum(axis=(0, 1))
    influence = questions.capture.influence[at] if questions.capture.influence else None
    if influence is not None:
        rankings["influence"] = step_scores(influence)
    generator = numpy_generator(questions.config.seed, "random ranking", probe.id)
    rankings["random"] = generator.random(probe.n_steps)
    return {name: scores for name, scores in rankings.items() if len(scores) == probe.n_steps}


def step_scores(influence: InfluenceMap) -> Scores:
    """Return the influence of each step, summed over the outputs."""
    return np.asarray(size_of_effect(influence).sum(axis=0))


def mean_received(maps: Sequence[ProbeMap], n_steps: int) -> Scores | None:
    """Return what each step receives, mean over rows and heads: of the pooling, else the last map.

    None where no map of weights has the steps for columns.
    """
    weights = [
        one
        for one in maps
        if one.kind == "weights" and one.values.shape[2] == n_steps and one.values.shape[1]
    ]
    pooling = [one for one in weights if one.name == "pooling"]
    if not weights:
        return None
    chosen = (pooling or weights)[-1]
    return np.asarray(distributions(chosen.values, chosen.name).mean(axis=(0, 1)))
