"""An LSTM that looks its inputs up in a table, and the kernel that multiplies them."""

import pytest
import torch
from recurrent_scenes import weights_of, with_any_biases
from torch import nn
from torch.testing import assert_close

from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.recurrent import Recurrent
from seqarena.networks.symbol_lstm import Symbols, prefers_table, symbol_lstm

WIDE = 128


def symbols(batch, time, n_symbols=5, dim=3):
    embedding = torch.randn(n_symbols, dim).double().requires_grad_()
    return Symbols(torch.randint(n_symbols, (batch, time)), embedding)


def wide_network(n_layers=1, **settings):
    return with_any_biases(Recurrent(Recurrence("lstm", **settings), 3, WIDE, n_layers))


def gradients(outputs, state, of):
    """Gradients of a sum in which every output and every final state has its own part."""
    total = sum((part * torch.arange(part.numel()).view_as(part).cos()).sum() for part in state)
    return torch.autograd.grad((outputs * outputs.detach().sin()).sum() + total, of)


def test_the_table_gives_the_states_and_gradients_of_the_kernel_from_any_state_on():
    read, lstm = symbols(4, 6), with_any_biases(nn.LSTM(3, 7, batch_first=True))
    start = tuple(torch.randn(4, 7).double().requires_grad_() for _ in range(2))
    learned = [*weights_of(lstm)[:3], read.embedding, *start]
    expected, final = lstm(read.vectors(), (start[0][None], start[1][None]))
    w, u, b, second_b = weights_of(lstm)
    outputs, state = symbol_lstm(read, w, u, b + second_b, start)
    assert_close(outputs, expected)
    assert_close((state[0][None], state[1][None]), final)
    assert_close(gradients(outputs, state, learned), gradients(expected, final, learned))


def test_the_gradients_are_those_of_small_differences():
    read = symbols(2, 4, dim=2)
    weights = [torch.randn(*shape).double().requires_grad_() for shape in ((12, 2), (12, 3), (12,))]
    state = tuple(torch.randn(2, 3).double().requires_grad_() for _ in range(2))

    def run(embedding, w, u, b, h, c):
        outputs, (last_h, last_c) = symbol_lstm(Symbols(read.tokens, embedding), w, u, b, (h, c))
        return outputs, last_h, last_c

    assert torch.autograd.gradcheck(run, (read.embedding, *weights, *state))


@pytest.mark.parametrize(
    ("n_layers", "settings"),
    [(1, {}), (3, {}), (2, {"layer_norm": True}), (2, {"weight_drop": 0.5})],
    ids=["one layer", "three layers", "layer norm", "weight drop"],
)
def test_a_network_of_wide_layers_is_the_same_over_symbols_as_over_their_vectors(
    n_layers, settings
):
    network, read = wide_network(n_layers, **settings).train(), symbols(64, 4)
    assert prefers_table(read, WIDE)
    learned = [each for each in network.parameters() if each.requires_grad] + [read.embedding]
    answers = []
    for steps in (read, read.vectors()):
        torch.manual_seed(1)
        middle = network.run(read.vectors())[1]
        outputs, state = network.run(steps, middle)
        answers.append((outputs, state, gradients(outputs, state, learned)))
    assert_close(answers[0], answers[1])


def test_dropout_acts_between_the_table_layer_and_the_next():
    network, read = wide_network(2, dropout=0.5).train(), symbols(64, 4)
    network.dropout.p = 0.0
    first, second = network.run(read)[0], network.run(read)[0]
    assert not torch.equal(first, second)
    network.eval()
    assert_close(network.run(read)[0], network.run(read.vectors())[0])


def test_the_table_is_for_training_with_few_symbols_and_many_numbers_on_a_cpu():
    read = symbols(64, 4)
    assert prefers_table(read, WIDE)
    assert not prefers_table(read, WIDE - 1)
    assert not prefers_table(symbols(63, 4), WIDE)
    assert prefers_table(symbols(16, 4), 2 * WIDE)
    assert not prefers_table(symbols(15, 4), 2 * WIDE)
    assert not prefers_table(symbols(64, 4, n_symbols=129), WIDE)
    assert prefers_table(symbols(64, 4, n_symbols=128), WIDE)
    with torch.autocast("cpu"):
        assert not prefers_table(read, WIDE)
    with torch.no_grad():
        assert not prefers_table(read, WIDE)
    assert not prefers_table(Symbols(read.tokens.to("meta"), read.embedding), WIDE)
