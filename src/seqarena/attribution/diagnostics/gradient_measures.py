"""What gradients and norms say of a model's weights, over a batch of probes."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.diagnostics.agreement import kendall_tau, some_rows
from seqarena.attribution.diagnostics.concentration import sink_mass
from seqarena.attribution.diagnostics.distributions import distributions, looks, mean_where
from seqarena.attribution.diagnostics.divergence import both_look, row_divergence
from seqarena.attribution.diagnostics.gradients import gradient_times_attention, head_importance
from seqarena.attribution.diagnostics.measures import Measures, Subject
from seqarena.attribution.diagnostics.norm_weighted import NormWeighted, norm_weighted_maps
from seqarena.attribution.diagnostics.places import Places
from seqarena.batch import Batch
from seqarena.families.fitted_network import Neural

Heads = Float[np.ndarray, "head row column"]


def gradient_measures(
    model: HasNativeMaps, places: Places, batch: Batch, examples: Sequence[str]
) -> list[Measures]:
    """Return norm-weighted attention, gradient × attention and the importance of heads.

    Two passes forth and one back over the batch, whatever the number of layers. Gradients are left
    out of a model that was not fitted by them.
    """
    watched = norm_weighted_maps(model, places, batch)
    measures = [
        measure
        for name, pair in watched.items()
        for index, example in enumerate(examples)
        for measure in _norm(Subject(name, example), pair, index, _real_rows(name, pair, batch))
    ]
    if not isinstance(model, Neural):
        return measures
    for name, gradient in gradient_times_attention(model, places, batch).items():
        n_examples = float(len(examples))
        measures.append(
            Subject(name).of_heads("head_importance", head_importance(gradient), n_examples)
        )
        for index, example in enumerate(examples):
            weights = watched[name].weights[index]
            measures += _gradient(Subject(name, example), gradient[index], weights)
    return measures


def _real_rows(name: str, pair: NormWeighted, batch: Batch) -> Bool[np.ndarray, "batch row"]:
    """Return which rows are no padding."""
    n_examples, _, n_rows, _ = pair.weights.shape
    looking = batch.target if name.endswith("cross") and batch.target else batch
    if n_rows == looking.mask.shape[1]:
        return np.asarray(looking.mask.cpu().numpy())
    return np.ones((n_examples, n_rows), dtype=bool)


def _norm(
    about: Subject, pair: NormWeighted, index: int, real: Bool[np.ndarray, "batch row"]
) -> list[Measures]:
    """Return how far norms move the weights, and what they leave of a sink."""
    rows = distributions(pair.weights[index][:, real[index]], about.layer)
    weighted = pair.norm_weights[index][:, real[index]]
    moved = mean_where(row_divergence(rows, weighted), both_look(rows, weighted))
    measures = [about.of_heads("norm_divergence", *moved)]
    if about.layer.endswith("self"):
        mass = mean_where(sink_mass(weighted), looks(weighted))
        measures.append(about.of_heads("norm_sink_mass", *mass))
    return measures


def _gradient(
    about: Subject, gradient: Heads, weights: Float[np.ndarray, "head all_rows all_columns"]
) -> list[Measures]:
    """Return how much hangs on the weights, and whether large ones are those on which most does."""
    size = np.abs(gradient)
    has_effect = size.sum(axis=-1) > 0
    total = mean_where(size.sum(axis=-1), has_effect)
    # What predicts nothing, as the last step of a density, has weights and no gradient.
    beside = weights[:, : size.shape[1], : size.shape[2]]
    rows = some_rows(np.flatnonzero(has_effect.any(axis=0)), size.shape[2])
    mean, effect = beside.mean(axis=0)[rows], size.mean(axis=0)[rows]
    tau, n = mean_where(*kendall_tau(mean, effect, mean > 0))
    return [
        about.of_heads("gradient_attention", *total),
        about.of_all("gradient_tau", float(tau), float(n)),
    ]
