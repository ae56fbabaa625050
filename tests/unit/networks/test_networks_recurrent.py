import pytest
import torch
from recurrent_scenes import (
    KINDS,
    MASK,
    RECURRENCES,
    network,
    weights_of,
    with_any_biases,
    written_out,
)
from torch import nn
from torch.testing import assert_close

from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.recurrent import Recurrent, last_real


@pytest.mark.parametrize("name", RECURRENCES)
def test_a_stack_of_layers_is_one_recurrence_over_the_other(name):
    recurrence = RECURRENCES[name]
    stacked = with_any_biases(Recurrent(recurrence, input_dim=3, hidden_dim=4, n_layers=2))
    (kernel,) = stacked.stack
    inputs = torch.randn(2, 6, 3).double()
    expected = inputs
    for layer in range(2):
        expected = written_out(recurrence, expected, weights_of(kernel.layers, layer))
    assert_close(stacked(inputs, MASK), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_layer_norm_acts_on_what_leaves_each_layer_and_not_on_the_recurrence(kind):
    normed = with_any_biases(network(kind, n_layers=2, layer_norm=True))
    inputs = torch.randn(2, 6, 3).double()
    expected = inputs
    for kernel, norm in zip(normed.stack, normed.norms, strict=True):
        states = written_out(Recurrence(kind), expected, weights_of(kernel.layers))
        centred = states - states.mean(-1, keepdim=True)
        scaled = centred / (centred.square().mean(-1, keepdim=True) + 1e-5).sqrt()
        expected = scaled * norm.weight + norm.bias
    assert_close(normed(inputs, MASK), expected)


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("kind", ["elman_rnn", "lstm"])
def test_the_second_bias_of_torch_stays_zero(kind, layer_norm):
    recurrent = network(kind, n_layers=2, layer_norm=layer_norm)
    recurrent(torch.randn(2, 6, 3), MASK).sum().backward()
    second = {n: p for n, p in recurrent.named_parameters() if "bias_hh" in n}
    assert len(second) == 2
    for parameter in second.values():
        assert not parameter.requires_grad
        assert parameter.grad is None
        assert parameter.abs().max() == 0


def test_the_two_biases_of_a_gru_do_different_things_and_are_both_learned():
    recurrent = network("gru")
    recurrent(torch.randn(2, 6, 3), MASK).sum().backward()
    _, _, first, second = (weight.grad for weight in weights_of(recurrent.stack[0].layers))
    assert_close(first[:8], second[:8])
    assert (first[8:] - second[8:]).abs().max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_every_recurrent_gate_starts_orthogonal(kind):
    for kernel in network(kind, n_layers=2, layer_norm=True).stack:
        for gate in kernel.layers.weight_hh_l0.detach().split(4):
            assert_close(gate @ gate.T, torch.eye(4), atol=1e-5, rtol=0)


@pytest.mark.parametrize(("settings", "bias"), [({}, 1.0), ({"forget_bias": 2.5}, 2.5)])
def test_only_the_forget_gate_of_an_lstm_starts_open(settings, bias):
    kernel = network("lstm", hidden_dim=2, **settings).stack[0].layers
    started = kernel.bias_ih_l0 + kernel.bias_hh_l0
    assert started.tolist() == [0.0, 0.0, bias, bias, 0.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("kind", "layer"), [("elman_rnn", nn.RNN), ("lstm", nn.LSTM), ("gru", nn.GRU)]
)
def test_each_kind_runs_all_its_layers_in_the_kernel_of_its_name(kind, layer):
    (kernel,) = network(kind, n_layers=3).stack
    assert type(kernel.layers) is layer
    assert kernel.layers.num_layers == 3


@pytest.mark.parametrize("layer_norm", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_continued_from_its_state_is_one_run(kind, layer_norm):
    recurrent = with_any_biases(network(kind, n_layers=2, layer_norm=layer_norm))
    inputs = torch.randn(2, 6, 3).double()
    whole, _ = recurrent.run(inputs)
    first, state = recurrent.run(inputs[:, :2])
    second, _ = recurrent.run(inputs[:, 2:], state)
    assert len(torch.cat(state)) == recurrent.n_states
    assert_close(torch.cat([first, second], dim=1), whole)
    assert_close(recurrent.output_of(state), first[:, -1])


def test_the_last_real_state_is_the_final_state_of_a_packed_run():
    recurrent = network("gru").double()
    inputs = torch.randn(2, 6, 3).double()
    packed = nn.utils.rnn.pack_padded_sequence(inputs, MASK.sum(1), batch_first=True)
    expected = recurrent.stack[0].layers(packed)[1][0]
    assert_close(last_real(recurrent(inputs, MASK), MASK), expected)


@pytest.mark.parametrize("layer_norm", [False, True])
def test_dropout_acts_on_what_leaves_a_layer_and_only_in_training(layer_norm):
    recurrent = network("gru", hidden_dim=64, dropout=0.5, layer_norm=layer_norm)
    inputs = torch.randn(2, 6, 3)
    assert 0.3 < recurrent(inputs, MASK).eq(0).float().mean() < 0.7
    assert recurrent.eval()(inputs, MASK).eq(0).sum() == 0


@pytest.mark.parametrize("layer_norm", [False, True])
def test_dropout_acts_between_layers_too(layer_norm):
    recurrent = network("gru", n_layers=2, dropout=0.5, layer_norm=layer_norm)
    inputs = torch.randn(2, 6, 3)
    recurrent.dropout.p = 0.0  # only what is inside the stack is left
    if layer_norm:
        recurrent.dropout.p = 0.5
        recurrent.stack[1].register_forward_pre_hook(seen := Seen())
        recurrent(inputs, MASK)
        assert 0.3 < seen.steps.eq(0).float().mean() < 0.7
    else:
        first, second = recurrent(inputs, MASK), recurrent(inputs, MASK)
        assert not torch.equal(first, second)


class Seen:
    def __call__(self, _module, given):
        self.steps = given[0]
