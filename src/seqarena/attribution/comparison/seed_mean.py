"""What several seeds of a family say together."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqarena.attribution.capture import Capture
from seqarena.attribution.comparison.family_maps import FamilyMaps
from seqarena.attribution.influence.influence_map import InfluenceMap


def seed_mean(family: FamilyMaps) -> Capture:
    """Return influence averaged over the seeds, and the native maps of the first of them.

    Heads and states have no names that seeds share, so native maps are not averaged; influence is
    the same question to each.
    """
    first = family.runs[0].capture
    maps = [run.influence for run in family.runs]
    return replace(first, influence=tuple(map(_mean, zip(*maps, strict=True))))


def _mean(maps: Sequence[InfluenceMap]) -> InfluenceMap:
    effects = [one.effect for one in maps if one.effect is not None]
    wholes = [one.whole for one in maps if one.whole is not None]
    return replace(
        maps[0],
        effect=np.mean(effects, axis=0) if effects else None,
        change=np.mean([one.change for one in maps], axis=0),
        whole=np.mean(wholes, axis=0) if wholes else None,
    )
