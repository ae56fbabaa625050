"""Asking a model where it looked."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from seqarena.attention.maps import HasNativeMaps, MapKind, NativeMap
from seqarena.attribution.influence.asking import asking
from seqarena.attribution.influence.influence_map import InfluenceMap
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.errors import ArtifactError

_TOLERANCE = 1e-3
_CELLS_AT_ONCE = 4_000_000
"""Steps times steps of all probes of a batch; a map has as many entries for each head."""


@dataclass(frozen=True)
class ProbeMap:
    """One map of one probe, without padding."""

    name: str
    kind: MapKind
    values: Float[np.ndarray, "head row column"]
    """Row = who looks; column = what is looked at; 0 to 1."""
    first_row: int = 0
    """Step of the first row: steps that have nothing to look at have no row."""
    mean_of: int = 1
    """Heads of which each of these is the mean; 1: they are the heads themselves."""
    rest: Float[np.ndarray, "head row"] | None = None
    """Of a long map, the sum of each row's shares that were not kept and stand here as 0; None: all
    are kept."""


@dataclass(frozen=True)
class Capture:
    """Probes, and the maps of each, in the same order."""

    probes: tuple[Probe, ...]
    maps: tuple[tuple[ProbeMap, ...], ...]
    influence: tuple[InfluenceMap | None, ...] = ()
    """One for each probe, or None for one that was not asked about; none: the model was not."""
    further: Mapping[str, tuple[InfluenceMap | None, ...]] = field(default_factory=dict)
    """Other maps of influence, by name (`oracle`, `marginalised`, `shapley`), one for each probe or
    None where it has none."""


def capture_maps(model: HasNativeMaps, probe_set: ProbeSet) -> Capture:
    """Ask the model for the maps of every probe: in evaluation mode, float32, without gradients.

    Raises:
        ArtifactError: the model is in training mode, or a map is not made of shares.
    """
    maps: list[tuple[ProbeMap, ...]] = []
    with asking(model):
        for first, end in _parts(probe_set):
            native = model.native_maps(probe_set.batch(first, end))
            maps += [
                tuple(_cut(one, index, probe) for one in native)
                for index, probe in enumerate(probe_set.probes[first:end])
            ]
    return Capture(probe_set.probes, tuple(maps))


def _parts(probe_set: ProbeSet) -> list[tuple[int, int]]:
    """Divide the probes into batches whose maps fit into memory."""
    longest = max((probe.n_steps for probe in probe_set.probes), default=1)
    size = max(1, _CELLS_AT_ONCE // longest**2)
    return [(first, first + size) for first in range(0, len(probe_set), size)]


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
