"""The recurrences as they are defined, and the fused kernels that run them."""

import math

import pytest
import torch
from recurrent_scenes import RECURRENCES, with_any_biases, written_out
from torch.testing import assert_close

from seqarena.networks.elman import elman_recurrence
from seqarena.networks.fused_layers import FusedLayers
from seqarena.networks.gru import gru_recurrence
from seqarena.networks.lstm import lstm_recurrence

INPUTS = torch.tensor([[[1.0], [-2.0]]]).double()


def column(*numbers):
    return torch.tensor([[number] for number in numbers]).double()


def vector(*numbers):
    return torch.tensor(numbers).double()


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize(
    ("nonlinearity", "squash"), [("tanh", math.tanh), ("relu", lambda x: max(x, 0.0))]
)
def test_the_elman_recurrence_follows_a_worked_example(nonlinearity, squash):
    states = elman_recurrence(INPUTS, column(2.0), column(0.5), vector(0.1), nonlinearity)
    first = squash(2.0 + 0.1)
    second = squash(-4.0 + 0.1 + 0.5 * first)
    assert_close(states, torch.tensor([[[first], [second]]]).double())


def test_the_lstm_recurrence_follows_a_worked_example():
    # Rows: input gate, forget gate, candidate, output gate.
    hiddens, cells = lstm_recurrence(
        INPUTS, column(1.0, 2.0, 3.0, 4.0), column(0.5, 0.6, 0.7, 0.8), vector(0.1, 0.2, 0.3, 0.4)
    )
    c1 = sigmoid(1.1) * math.tanh(3.3)
    h1 = sigmoid(4.4) * math.tanh(c1)
    forgotten = sigmoid(-4 + 0.2 + 0.6 * h1) * c1
    c2 = forgotten + sigmoid(-2 + 0.1 + 0.5 * h1) * math.tanh(-6 + 0.3 + 0.7 * h1)
    h2 = sigmoid(-8 + 0.4 + 0.8 * h1) * math.tanh(c2)
    assert_close(hiddens, torch.tensor([[[h1], [h2]]]).double())
    assert_close(cells, torch.tensor([[[c1], [c2]]]).double())


def test_the_gru_recurrence_follows_a_worked_example():
    # Rows: reset gate, update gate, candidate.
    states = gru_recurrence(
        INPUTS,
        column(1.0, 2.0, 3.0),
        column(0.5, 0.6, 0.7),
        vector(0.1, 0.2, 0.3),
        vector(0.01, 0.02, 0.4),
    )
    h1 = (1 - sigmoid(2.22)) * math.tanh(3.3 + sigmoid(1.11) * 0.4)
    reset, keep = sigmoid(-2 + 0.11 + 0.5 * h1), sigmoid(-4 + 0.22 + 0.6 * h1)
    h2 = (1 - keep) * math.tanh(-6 + 0.3 + reset * (0.7 * h1 + 0.4)) + keep * h1
    assert_close(states, torch.tensor([[[h1], [h2]]]).double())


@pytest.mark.parametrize("name", RECURRENCES)
def test_a_fused_kernel_is_its_recurrence_in_values_and_in_gradients(name):
    recurrence = RECURRENCES[name]
    layers = with_any_biases(FusedLayers(recurrence, 3, 4, n_layers=1))
    weights = list(layers.layers.parameters())
    steps = torch.randn(2, 6, 3).double().requires_grad_()
    learned = [steps, *(weight for weight in weights if weight.requires_grad)]
    fused, expected = layers(steps, None)[0], written_out(recurrence, steps, weights)
    assert_close(fused, expected)
    direction = torch.randn_like(fused)
    assert_close(
        torch.autograd.grad((fused * direction).sum(), learned),
        torch.autograd.grad((expected * direction).sum(), learned),
    )


def test_the_cell_of_a_fused_lstm_is_the_cell_of_its_recurrence():
    layers = with_any_biases(FusedLayers(RECURRENCES["lstm"], 3, 4, n_layers=1))
    steps = torch.randn(2, 6, 3).double()
    hidden, cell = layers(steps, None)[1]
    hiddens, cells = lstm_recurrence(steps, *list(layers.layers.parameters())[:3])
    assert_close((hidden[0], cell[0]), (hiddens[:, -1], cells[:, -1]))
