import torch
from torch.nn import functional
from torch.testing import assert_close

from seqarena.attention.positions import LearnedPositions
from seqarena.networks.elements import ElementEncoder


def test_each_element_is_encoded_by_itself_knowing_its_place():
    encoder = ElementEncoder(LearnedPositions(5, 8), model_dim=8, dropout=0.0).double()
    steps, mask = torch.randn(2, 3, 8).double(), torch.ones(2, 3, dtype=torch.bool)
    weight, bias, table = encoder.out.weight, encoder.out.bias, encoder.positions.table
    expected = [
        [weight @ functional.gelu(steps[b, t] + table[t]) + bias for t in range(3)]
        for b in range(2)
    ]
    assert_close(encoder(steps, mask), torch.stack([torch.stack(row) for row in expected]))
