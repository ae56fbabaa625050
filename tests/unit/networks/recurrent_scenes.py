"""Recurrent networks of every kind, and the recurrences that they should be, step by step."""

import torch
from torch import nn

from seqarena.networks.elman import elman_recurrence
from seqarena.networks.fused_layers import Recurrence
from seqarena.networks.gru import gru_recurrence
from seqarena.networks.lstm import lstm_recurrence
from seqarena.networks.recurrent import Recurrent

KINDS = ["elman_rnn", "lstm", "gru"]
RECURRENCES = {
    "elman_rnn": Recurrence("elman_rnn"),
    "elman_relu": Recurrence("elman_rnn", nonlinearity="relu"),
    "lstm": Recurrence("lstm"),
    "gru": Recurrence("gru"),
}
MASK = torch.tensor([[True] * 6, [True, True, True, False, False, False]])


def network(kind, n_layers=1, hidden_dim=4, **settings):
    return Recurrent(Recurrence(kind, **settings), 3, hidden_dim, n_layers)


def with_any_biases(layers: nn.Module) -> nn.Module:
    """Give a network biases and norms such as training leaves: zeros would hide mistakes."""
    for name, parameter in layers.named_parameters():
        if parameter.requires_grad and ("bias" in name or "norm" in name):
            nn.init.normal_(parameter)
    return layers.double()


def weights_of(kernel, layer=0, ending=""):
    """Input weights, recurrent weights and the two biases of a layer of torch."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return [getattr(kernel, f"{name}_l{layer}{ending}") for name in names]


def written_out(recurrence, steps, weights):
    """The states of one layer by its definition."""
    input_weight, recurrent_weight, bias, second_bias = weights
    match recurrence.kind:
        case "elman_rnn":
            return elman_recurrence(
                steps, input_weight, recurrent_weight, bias, recurrence.nonlinearity
            )
        case "lstm":
            return lstm_recurrence(steps, input_weight, recurrent_weight, bias)[0]
        case "gru":
            return gru_recurrence(steps, input_weight, recurrent_weight, bias, second_bias)
