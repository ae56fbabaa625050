"""A few numbers of the table, named for MLflow."""

import math
from collections.abc import Sequence
from itertools import product

from seqarena.attribution.diagnostics.measures import Measures, pooled_means
from seqarena.attribution.diagnostics.metrics import UNITS

MOST_SCALARS = 60
PREFIX = "attn"

Summary = dict[str, float]


def summary_of(
    measures: Sequence[Measures],
    weights_layers: Sequence[str],
    prefix: str = PREFIX,
    *,
    by_layer: bool = True,
) -> Summary:
    """Return at most `MOST_SCALARS` finite numbers, named below `prefix`.

    First `attn/METRIC`, the mean over the layers of attention weights (maps of other kinds are
    never averaged with them) or the metric of the model as a whole. Then `attn/LAYER/METRIC` of
    maps of other kinds and of rankings, then of layers of weights where there are several: metric
    by metric in the order of `UNITS`, as long as there is room; the last without `by_layer` not.
    """
    means = pooled_means(measures)
    singles = list(weights_layers) if by_layer and len(weights_layers) > 1 else []
    others = [layer for layer, _ in means if layer and layer not in weights_layers]
    summary = _overall(means, weights_layers, prefix)
    for layers in (dict.fromkeys(others), singles):
        for metric, layer in product(UNITS, layers):
            if (layer, metric) in means:
                summary[f"{prefix}/{layer}/{metric}"] = means[layer, metric]
    finite = [(name, value) for name, value in summary.items() if math.isfinite(value)]
    return dict(finite[:MOST_SCALARS])


def _overall(means: dict[tuple[str, str], float], layers: Sequence[str], prefix: str) -> Summary:
    found = {}
    for metric in UNITS:
        own = [means[key] for layer in ("", *layers) if (key := (layer, metric)) in means]
        if own:
            found[f"{prefix}/{metric}"] = math.fsum(own) / len(own)
    return found
