import pytest
import torch
from recurrent_scenes import KINDS, MASK, network, weights_of, with_any_biases, written_out
from torch.nn import functional
from torch.testing import assert_close

from seqarena.networks.fused_layers import Recurrence


@pytest.mark.parametrize("kind", KINDS)
def test_one_mask_of_the_recurrent_matrix_holds_for_all_steps_and_sequences(kind):
    dropping = with_any_biases(network(kind, weight_drop=0.5)).train()
    inputs = torch.randn(2, 6, 3).double()
    weights = weights_of(dropping.stack[0].layers)
    torch.manual_seed(5)
    weights[1] = functional.dropout(weights[1], 0.5)
    torch.manual_seed(5)
    assert 0 < weights[1].eq(0).sum() < weights[1].numel()
    assert_close(dropping(inputs, MASK), written_out(Recurrence(kind), inputs, weights))


@pytest.mark.parametrize("kind", KINDS)
def test_weight_drop_starts_from_any_state_and_drops_the_matrix_of_every_layer(kind):
    dropping = with_any_biases(network(kind, n_layers=2, weight_drop=0.5)).train()
    recurrence, inputs = Recurrence(kind), torch.randn(2, 6, 3).double()
    torch.manual_seed(5)
    whole, state = dropping.run(inputs)
    torch.manual_seed(5)
    expected = inputs
    for layer in range(2):
        weights = weights_of(dropping.stack[0].layers, layer)
        weights[1] = functional.dropout(weights[1], 0.5)
        expected = written_out(recurrence, expected, weights)
    assert_close(whole, expected)
    torch.manual_seed(5)
    first, middle = dropping.run(inputs[:, :2])
    torch.manual_seed(5)
    second, after = dropping.run(inputs[:, 2:], middle)
    assert_close(torch.cat([first, second], dim=1), whole)
    assert_close(after, state)


@pytest.mark.parametrize("kind", KINDS)
def test_an_evaluated_network_has_its_weights_whole(kind):
    dropping, plain = network(kind, n_layers=2, weight_drop=0.5), network(kind, n_layers=2)
    plain.load_state_dict(dropping.state_dict())
    inputs = torch.randn(2, 6, 3)
    assert torch.equal(dropping.eval()(inputs, MASK), plain.eval()(inputs, MASK))


@pytest.mark.slow
def test_the_dropped_matrix_is_the_whole_one_on_average():
    """In its linear part a rectified state is linear in U, so its mean is that of the whole U."""
    dropping = network("elman_rnn", nonlinearity="relu", weight_drop=0.25).double()
    torch.nn.init.uniform_(dropping.stack[0].layers.weight_hh_l0, 0.1, 1.0)
    torch.nn.init.uniform_(dropping.stack[0].layers.weight_ih_l0, 0.1, 1.0)
    inputs, start = torch.rand(1, 1, 3).double(), (torch.rand(1, 1, 4).double(),)
    with torch.no_grad():
        expected = dropping.eval().run(inputs, start)[0]
        dropping.train()
        drawn = torch.cat([dropping.run(inputs, start)[0] for _ in range(2000)])
    error = drawn.std(dim=0) / len(drawn) ** 0.5
    assert ((drawn.mean(dim=0) - expected[0]).abs() < 4 * error).all()
    assert (error > 0).all()


def test_a_dropped_weight_gets_no_gradient_and_the_others_theirs():
    dropping = network("elman_rnn", weight_drop=0.5)
    matrix, inputs = dropping.stack[0].layers.weight_hh_l0, torch.randn(2, 6, 3)
    torch.manual_seed(5)
    dropped = functional.dropout(matrix, 0.5).eq(0)
    torch.manual_seed(5)
    dropping(inputs, MASK).sum().backward()
    assert 0 < dropped.sum() < matrix.numel()
    assert matrix.grad[dropped].abs().max() == 0
    assert matrix.grad[~dropped].abs().min() > 0
