import torch
from torch.testing import assert_close

from seqarena.networks.pooling import PlainPooling

STEPS = torch.tensor(
    [[[1.0, -2.0], [3.0, -4.0], [99.0, 99.0]], [[5.0, 6.0], [1.0, 0.0], [0.0, 3.0]]]
)
MASK = torch.tensor([[True, True, False], [True, True, True]])


def test_plain_poolings_read_real_steps_alone():
    pooled = {kind: PlainPooling(kind, 2)(STEPS, MASK) for kind in ("last", "mean", "max")}
    assert_close(pooled["last"], torch.tensor([[3.0, -4.0], [0.0, 3.0]]))
    assert_close(pooled["mean"], torch.tensor([[2.0, -3.0], [2.0, 3.0]]))
    assert_close(pooled["max"], torch.tensor([[3.0, -2.0], [5.0, 6.0]]))
    assert PlainPooling("mean", 2).weights(STEPS, MASK) == {}
