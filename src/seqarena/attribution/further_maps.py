"""Maps of other questions than replacing a step: forgetting it, sharing out, and the slope."""

from collections.abc import Sequence

import numpy as np

from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.replacements import Replacements
from seqarena.attribution.oracle.marginalise import marginalised
from seqarena.attribution.oracle.redundancy import redundancy_ratio, redundant_rows
from seqarena.attribution.oracle.shapley import shapley_map
from seqarena.attribution.probe_set import ProbeSet

Maps = tuple[InfluenceMap | None, ...]


def forgotten(model: object, probes: ProbeSet) -> Maps:
    """Return what each step tells a model that can forget one exactly; nothing of any other."""
    found = marginalised(model, probes.sequences, np.arange(len(probes)))
    return () if found is None else found


def n_redundant(maps: Sequence[InfluenceMap]) -> int:
    """Count the outputs of which single steps explain less than half."""
    return sum(int(redundant_rows(one).sum()) for one in maps if _has_whole(one))


def shared_out(
    model: object,
    probes: ProbeSet,
    maps: Sequence[InfluenceMap],
    replacements: Replacements,
    n_outputs: int,
) -> Maps:
    """Return Shapley values of the `n_outputs` outputs that single steps explain least.

    Args:
        model: whoever was asked.
        probes: whom it was asked about.
        maps: its influence on these.
        replacements: what was put in the place of steps.
        n_outputs: most of them, over all probes; only redundant ones count.
    """
    ratios = [
        np.where(redundant_rows(one), redundancy_ratio(one), np.inf) if _has_whole(one) else None
        for one in maps
    ]
    least = sorted(
        (float(ratio), place, output)
        for place, row in enumerate(ratios)
        if row is not None
        for output, ratio in enumerate(row)
        if np.isfinite(ratio)
    )[:n_outputs]
    found: list[InfluenceMap | None] = [None] * len(maps)
    for place in sorted({place for _, place, _ in least}):
        rows = np.zeros(len(maps[place].change), dtype=bool)
        rows[[output for _, of, output in least if of == place]] = True
        example = probes.batch(place, place + 1)
        found[place], _ = shapley_map(model, example, rows, replacements)
    return tuple(found)


def _has_whole(one: InfluenceMap) -> bool:
    return one.effect is not None and one.whole is not None
