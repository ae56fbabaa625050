"""Which attention inside a model each of its maps shows."""

import torch
from torch import nn

from seqarena.attention.attend import Weights
from seqarena.attention.intervention import Attention, Look, intervening
from seqarena.attention.maps import HasNativeMaps, NativeMap
from seqarena.batch import Batch

Places = dict[str, Attention]
"""Attention by the name of its map, in the order of the maps."""


def places_of(model: object, batch: Batch) -> Places:
    """Return the attention that each map of weights shows; nothing of a model without one.

    The weights of one attention after the other are halved: rows of its own map then sum to 1/2,
    and those of every other map to 1 still. The first map that shows an attention names it. Costs
    one pass over the batch per attention; an example of two steps is enough.
    """
    if not (isinstance(model, nn.Module) and isinstance(model, HasNativeMaps)):
        return {}
    names: dict[str, Attention] = {}
    for attention in (part for part in model.modules() if isinstance(part, Attention)):
        with torch.no_grad(), intervening({attention: _halved}):
            shown = [one.name for one in model.native_maps(batch) if _is_halved(one)]
        if shown:
            names.setdefault(shown[0], attention)
    order = [one.name for one in model.native_maps(batch)]
    return {name: names[name] for name in order if name in names}


def _halved(look: Look) -> Weights:
    return look.weights / 2


def _is_halved(one: NativeMap) -> bool:
    sums = one.values.sum(dim=-1)
    looking = sums[sums > 0]
    return one.kind == "weights" and bool(len(looking) and (looking < 3 / 4).all())
