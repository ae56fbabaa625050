import torch
from torch.testing import assert_close

from seqarena.attention.attend import attend, masked_softmax


def every_key(*shape: int) -> torch.Tensor:
    return torch.ones(shape, dtype=torch.bool)


def test_attention_without_preference_is_a_mean():
    value = torch.randn(2, 5, 3, dtype=torch.float64)
    context, weights = attend(torch.zeros(2, 4, 5).double(), value, every_key(2, 1, 5))
    assert_close(context, value.mean(dim=1, keepdim=True).expand(2, 4, 3))
    assert_close(weights, torch.full((2, 4, 5), 0.2, dtype=torch.float64))


def test_a_worked_example_puts_each_query_where_its_score_points():
    scores = torch.tensor([[[0.0, 3.0], [1.0, 0.0]]]).double().log1p()
    context, weights = attend(scores, torch.tensor([[[10.0], [20.0]]]).double(), every_key(1, 1, 2))
    assert_close(weights, torch.tensor([[[0.2, 0.8], [2 / 3, 1 / 3]]]).double())
    assert_close(context, torch.tensor([[[18.0], [40 / 3]]]).double())


def test_a_query_with_no_key_gets_zeros_and_a_finite_gradient():
    for dtype in (torch.float32, torch.float64):
        scores = torch.randn(1, 2, 3, dtype=dtype, requires_grad=True)
        mask = torch.tensor([[[True, True, False], [False, False, False]]])
        context, weights = attend(scores, torch.randn(1, 3, 4, dtype=dtype), mask)
        assert weights[0, 1].tolist() == [0.0, 0.0, 0.0]
        assert context[0, 1].tolist() == [0.0] * 4
        context.square().sum().backward()
        assert scores.grad is not None
        assert scores.grad[0, 0].ne(0).tolist() == [True, True, False]
        assert scores.grad[0, 1].tolist() == [0.0, 0.0, 0.0]


def test_a_masked_key_gets_exactly_nothing_however_large_its_score():
    scores = torch.tensor([[1.0, 2.0, 1e30]])
    weights = masked_softmax(scores, torch.tensor([[True, True, False]]))
    assert weights[0, 2] == 0.0
    assert_close(weights[0, :2], torch.tensor([1.0, 2.0]).softmax(0))
