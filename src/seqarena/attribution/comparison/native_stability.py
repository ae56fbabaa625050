"""Whether two seeds of a family have the same attention weights."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np

from seqarena.attribution.capture import ProbeMap
from seqarena.attribution.comparison.family_maps import FamilyMaps, RunMaps
from seqarena.attribution.diagnostics.distributions import distributions
from seqarena.attribution.diagnostics.stability import Heads, seed_stability

_Pairs = list[tuple[ProbeMap, ProbeMap]]


class WeightsStability(NamedTuple):
    """How far the weights of two seeds are apart, heads matched; NaN: nothing is known of it."""

    divergence: float
    """Mean row divergence [bits]."""
    shared: float
    """Share that the three largest columns of a row have in common."""


def weights_stability(family: FamilyMaps) -> WeightsStability:
    """Compare the weights of every two fits, over all layers.

    Over the probes whose heads and columns were all kept. NaN: a single fit, or no attention
    weights.
    """
    found = [
        seed_stability(*_heads(pairs))
        for one, other in combinations(family.runs, 2)
        if one.fit != other.fit
        for pairs in _layers(one, other)
    ]
    n_rows = sum(each.n_rows for each in found)
    if not n_rows:
        return WeightsStability(float("nan"), float("nan"))
    return WeightsStability(
        sum(each.divergence * each.n_rows for each in found) / n_rows,
        sum(each.shared * each.n_rows for each in found) / n_rows,
    )


def _layers(one: RunMaps, other: RunMaps) -> Iterator[_Pairs]:
    """Yield each layer that both fits have, probe by probe."""
    layers: dict[str, _Pairs] = {}
    for ours, theirs in zip(one.capture.maps, other.capture.maps, strict=True):
        named = {each.name: each for each in theirs if _is_whole(each)}
        for each in ours:
            if _is_whole(each) and each.name in named:
                layers.setdefault(each.name, []).append((each, named[each.name]))
    return iter(layers.values())


def _is_whole(one: ProbeMap) -> bool:
    return one.kind == "weights" and one.mean_of == 1 and one.rest is None


def _heads(pairs: _Pairs) -> tuple[Sequence[Heads], Sequence[Heads]]:
    ours, theirs = zip(*pairs, strict=True)
    return [_rows(each) for each in ours], [_rows(each) for each in theirs]


def _rows(one: ProbeMap) -> np.ndarray:
    return distributions(one.values, one.name)
