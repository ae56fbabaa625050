"""Probes and models that the tests of this folder share."""

import numpy as np
import torch
from torch import nn

from seqarena.attention.maps import NativeMap
from seqarena.attribution.capture import Capture, ProbeMap
from seqarena.attribution.probe_set import ProbeSet
from seqarena.attribution.probes import Probe
from seqarena.batch import Batch, sequences_of

TEST = sequences_of([np.array([1, 2, 3]), np.array([4])])
PROBES = (Probe(0, "a", 3, steps=("x", "y", "z")), Probe(1, "b", 1, steps=("w",)))
PROBE_SET = ProbeSet(PROBES, TEST)


class Looker(nn.Module):
    """Gives every step equal weight; its weights sum to `total`."""

    def __init__(self, total: float = 1.0) -> None:
        super().__init__()
        self.total = total
        self.dropout = nn.Dropout(0.5)

    def native_maps(self, batch: Batch) -> list[NativeMap]:
        if torch.is_grad_enabled():
            raise RuntimeError("gradients are on")
        share = self.total * batch.mask / batch.lengths[:, None]
        rows = torch.ones(len(batch), 1, dtype=torch.bool)
        return [NativeMap("pooling", "weights", share[:, None, None], rows, batch.mask)]


def capture(values, name="decoder.cross", kind="weights", **probe) -> Capture:
    """One probe with one map."""
    one = ProbeMap(name, kind, np.asarray(values, np.float32))
    return Capture((Probe(**{"row": 0, "id": "a", "n_steps": 1, **probe}),), ((one,),))
