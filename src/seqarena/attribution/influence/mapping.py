"""From the variants of an example to its map."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from seqarena.attribution.influence.causality import may_change
from seqarena.attribution.influence.comparison import Comparison
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.influence.replacements import Variants
from seqarena.attribution.influence.step_means import StepMeans
from seqarena.families.predictive import OutputKind
from seqarena.logspace import NATS_PER_BIT


def map_of(kind: OutputKind, found: Comparison, variants: Variants) -> InfluenceMap:
    """Average over the replacements of each step, those that change nothing among them.

    A replacement behind which the model expects nothing at all is left out of the mean.

    Args:
        kind: of the outputs.
        found: about the variants.
        variants: of one example.
    """
    is_one = torch.from_numpy(variants.step >= 0)
    means = StepMeans(
        step=torch.from_numpy(variants.step)[is_one],
        weight=torch.from_numpy(variants.weight)[is_one, None] * found.known[is_one],
        own=torch.from_numpy(variants.unchanged)[:, None] * found.own_known,
    )
    looks = may_change(kind, torch.arange(len(means.own)), means.own.shape[1])
    valid = looks & found.own_known & (means.total > 0)
    change = -means.log_mean(found.gain[is_one]) / (1.0 if kind == "frames" else NATS_PER_BIT)
    effect = None if found.effect is None else means.mean(found.effect[is_one]).clamp(0.0, 1.0)
    return InfluenceMap(
        effect=None if effect is None else _array(effect.where(valid, 0.0)),
        change=_array(change.where(valid, 0.0)),
        whole=None if found.effect is None else _array(_of_whole(found, ~is_one)),
        unit="nats" if kind == "frames" else "bits",
        valid=None if bool(valid.all()) else valid.T.numpy(),
    )


def _of_whole(found: Comparison, is_whole: Tensor) -> Float[Tensor, "output"]:
    """Return the mean effect of replacing everything; 0 where nothing is known of it."""
    counts = found.known[is_whole] & found.own_known
    effect = torch.zeros_like(found.gain) if found.effect is None else found.effect
    summed = effect[is_whole].where(counts, 0.0).sum(dim=0)
    return summed / counts.sum(dim=0).clamp_min(1)


def _array(values: Float[Tensor, "..."]) -> np.ndarray:
    """Return outputs as rows; no zero is negative."""
    return (values.movedim(-1, 0) + 0.0).contiguous().numpy()
