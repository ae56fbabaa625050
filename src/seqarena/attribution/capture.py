"""Asking a model where it looked."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import nn

from seqarena.attention.maps import HasNativeMaps, MapKind, NativeMap
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probes import Probe
from seqarena.batch import Sequences, collate
from seqarena.errors import ArtifactError

_TOLERANCE = 1e-3


@dataclass(frozen=True)
class ProbeMap:
    """One map of one probe, without padding."""

    name: str
    kind: MapKind
    values: Float[np.ndarray, "head row column"]
    """Row = who looks; column = what is looked at; 0 to 1."""
    first_row: int = 0
    """Step of the first row: steps that have nothing to look at have no row."""


@dataclass(frozen=True)
class Capture:
    """Probes, and the maps of each, in the same order."""

    probes: tuple[Probe, ...]
    maps: tuple[tuple[ProbeMap, ...], ...]
    influence: tuple[InfluenceMap, ...] = ()
    """One for each probe; none: nobody asked, or the model cannot be asked."""


def capture_maps(model: HasNativeMaps, test: Sequences, probes: tuple[Probe, ...]) -> Capture:
    """Ask the model for the maps of every probe: in evaluation mode, float32, without gradients.

    Raises:
        ArtifactError: the model is in training mode, or a map is not made of shares.
    """
    if isinstance(model, nn.Module) and any(part.training for part in model.modules()):
        raise ArtifactError(
            f"{type(model).__name__} is in training mode, where dropout falls into the weights; "
            "call model.eval() before its maps are captured."
        )
    batch = collate(test, np.array([probe.row for probe in probes]))
    with torch.inference_mode(), torch.autocast("cpu", enabled=False):
        native = model.native_maps(batch)
    maps = tuple(
        tuple(_cut(one, index, probe) for one in native) for index, probe in enumerate(probes)
    )
    return Capture(probes, maps)


def _cut(native: NativeMap, index: int, probe: Probe) -> ProbeMap:
    """Take one example out of the batch, and its padding off."""
    rows, columns = native.row_mask[index], native.column_mask[index]
    values = native.values[index][:, rows][:, :, columns].float().cpu().numpy()
    sums = values.sum(axis=2)
    if not (np.isfinite(values).all() and values.min(initial=0.0) >= 0):
        raise ArtifactError(f"{native.name} of probe {probe.id!r}: holds a value that is no share.")
    if sums.max(initial=0.0) > 1 + _TOLERANCE:
        raise ArtifactError(
            f"{native.name} of probe {probe.id!r}: a row sums to {sums.max():.4g}; "
            "expected 1, or 0 for a row that may look nowhere."
        )
    return ProbeMap(native.name, native.kind, values, int(rows.int().argmax()))
