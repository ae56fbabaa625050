"""Where a model looked in each example, as a server can send it."""

import numpy as np

from seqarena.answering.answers import Attention, ToldMap
from seqarena.answering.writing import symbol_names
from seqarena.attention.maps import HasNativeMaps
from seqarena.attribution.capture import ProbeMap, capture_maps
from seqarena.attribution.probe_set import probe_set
from seqarena.batch import Sequences
from seqarena.data.manifest import Manifest
from seqarena.data.part import Part


def attention_of(model: object, sequences: Sequences, manifest: Manifest) -> list[Attention]:
    """Return the native maps of each example; none for a family that has none.

    Args:
        model: fitted, in evaluation mode.
        sequences: whole, with targets where the task has some: a row of a map is then a step of
            those.
        manifest: of the prepared task.

    Raises:
        ArtifactError: the model is in training mode, or a map is not made of shares.
    """
    steps = [
        None
        if sequences.tokens is None
        else symbol_names(sequences.sequence(row).tolist(), manifest)
        for row in range(len(sequences))
    ]
    if not isinstance(model, HasNativeMaps):
        return [Attention(own, ()) for own in steps]
    lengths = [int(sequences.lengths.max())]
    if sequences.target is not None:
        lengths.append(int(sequences.target.lengths.max()))
    probes = probe_set(Part(sequences), np.arange(len(sequences)), manifest, max(lengths))
    maps = capture_maps(model, probes).maps
    return [
        Attention(own, tuple(_told(one) for one in found))
        for own, found in zip(steps, maps, strict=True)
    ]


def _told(one: ProbeMap) -> ToldMap:
    return ToldMap(one.name, one.kind, one.first_row, one.values.tolist())
