"""Maps of influence of which only the first steps were asked about."""

from dataclasses import replace

import numpy as np

from seqarena.attribution.influence.influence_map import InfluenceMap


def widened(one: InfluenceMap, n_outputs: int, n_steps: int) -> InfluenceMap:
    """Return a map of the first steps as one of all; what was not asked is not valid."""
    rows, columns = one.change.shape
    if (rows, columns) == (n_outputs, n_steps):
        return one
    pad = ((0, n_outputs - rows), (0, n_steps - columns))
    valid = np.ones((rows, columns), bool) if one.valid is None else one.valid
    return replace(
        one,
        effect=None if one.effect is None else np.pad(one.effect, pad),
        change=np.pad(one.change, pad),
        whole=None if one.whole is None else np.pad(one.whole, pad[0]),
        valid=np.pad(valid, pad),
    )


def narrowed(one: InfluenceMap) -> InfluenceMap:
    """Return the first outputs and steps of a map, up to the last of which anything is known.

    `widened` undoes it: what is left out is 0, and not valid.
    """
    if one.valid is None or not one.valid.any():
        return one
    rows = int(np.flatnonzero(one.valid.any(axis=1))[-1]) + 1
    columns = int(np.flatnonzero(one.valid.any(axis=0))[-1]) + 1
    if any(np.any(part[rows:]) for part in (one.change, one.whole) if part is not None):
        return one
    return replace(
        one,
        effect=None if one.effect is None else one.effect[:rows, :columns],
        change=one.change[:rows, :columns],
        whole=None if one.whole is None else one.whole[:rows],
        valid=one.valid[:rows, :columns],
    )
