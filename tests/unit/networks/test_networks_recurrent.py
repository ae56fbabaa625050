import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from seqarena.networks.elman import elman_recurrence
from seqarena.networks.recurrent import Recurrent, last_real

MASK = torch.tensor([[True] * 6, [True, True, True, False, False, False]])


def test_the_elman_recurrence_follows_a_worked_example():
    inputs = torch.tensor([[[1.0], [0.0]]]).double()
    one, half = torch.ones(1, 1).double(), torch.full((1, 1), 0.5).double()
    states = elman_recurrence(inputs, 2 * one, half, 0.1 * torch.ones(1).double())
    first = math.tanh(2.0 + 0.1)
    second = math.tanh(0.5 * first + 0.1)
    assert_close(states, torch.tensor([[[first], [second]]]).double())


def test_the_fused_elman_network_is_the_recurrence_with_one_bias_per_layer():
    network = Recurrent("elman_rnn", input_dim=3, hidden_dim=4, n_layers=2, dropout=0.0).double()
    layers = network.layers
    nn.init.normal_(layers.bias_ih_l0)
    nn.init.normal_(layers.bias_ih_l1)
    inputs = torch.randn(2, 6, 3).double()
    expected = inputs
    for layer in range(2):
        expected = elman_recurrence(
            expected,
            getattr(layers, f"weight_ih_l{layer}"),
            getattr(layers, f"weight_hh_l{layer}"),
            getattr(layers, f"bias_ih_l{layer}"),
        )
    assert_close(network(inputs, MASK), expected)


@pytest.mark.parametrize("kind", ["elman_rnn", "lstm"])
def test_the_second_bias_of_torch_stays_zero(kind):
    network = Recurrent(kind, input_dim=3, hidden_dim=4, n_layers=2, dropout=0.0)
    network(torch.randn(2, 6, 3), MASK).sum().backward()
    second = {n: p for n, p in network.layers.named_parameters() if n.startswith("bias_hh")}
    assert len(second) == 2
    for parameter in second.values():
        assert not parameter.requires_grad
        assert parameter.grad is None
        assert parameter.abs().max() == 0


def test_the_two_biases_of_a_gru_do_different_things_and_are_both_learned():
    network = Recurrent("gru", input_dim=3, hidden_dim=4, n_layers=1, dropout=0.0)
    network(torch.randn(2, 6, 3), MASK).sum().backward()
    first, second = network.layers.bias_ih_l0.grad, network.layers.bias_hh_l0.grad
    assert_close(first[:8], second[:8])
    assert (first[8:] - second[8:]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["elman_rnn", "lstm", "gru"])
def test_every_recurrent_gate_starts_orthogonal(kind):
    network = Recurrent(kind, input_dim=3, hidden_dim=4, n_layers=1, dropout=0.0)
    for gate in network.layers.weight_hh_l0.detach().split(4):
        assert_close(gate @ gate.T, torch.eye(4), atol=1e-5, rtol=0)


def test_only_the_forget_gate_of_an_lstm_starts_open():
    network = Recurrent("lstm", input_dim=3, hidden_dim=2, n_layers=1, dropout=0.0)
    bias = network.layers.bias_ih_l0 + network.layers.bias_hh_l0
    assert bias.tolist() == [0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "layer"), [("elman_rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)]
)
def test_each_kind_runs_the_kernel_of_its_name(kind, layer):
    assert type(Recurrent(kind, 3, 4, 1, 0.0).layers) is layer


@pytest.mark.parametrize("kind", ["elman_rnn", "lstm", "gru"])
def test_a_run_continued_from_its_state_is_one_run(kind):
    network = Recurrent(kind, input_dim=3, hidden_dim=4, n_layers=2, dropout=0.0).double()
    inputs = torch.randn(2, 6, 3).double()
    whole, _ = network.run(inputs)
    first, state = network.run(inputs[:, :2])
    second, _ = network.run(inputs[:, 2:], state)
    assert len(torch.cat(state)) == network.n_states
    assert_close(torch.cat([first, second], dim=1), whole)


def test_the_last_real_state_is_the_final_state_of_a_packed_run():
    network = Recurrent("gru", input_dim=3, hidden_dim=4, n_layers=1, dropout=0.0).double()
    inputs = torch.randn(2, 6, 3).double()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, MASK.sum(1), batch_first=True)
    expected = network.layers(packed)[1][0]
    assert_close(last_real(network(inputs, MASK), MASK), expected)


def test_dropout_of_one_layer_acts_on_what_leaves_it_and_only_in_training():
    network = Recurrent("gru", input_dim=3, hidden_dim=64, n_layers=1, dropout=0.5)
    inputs = torch.randn(2, 6, 3)
    assert 0.3 < network(inputs, MASK).eq(0).float().mean() < 0.7
    assert network.eval()(inputs, MASK).eq(0).sum() == 0
