"""Recurrent layers of one direction, in one fused kernel of torch."""

from dataclasses import dataclass
from typing import Literal, assert_never

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from seqarena.networks.elman import Nonlinearity
from seqarena.networks.symbol_lstm import Symbols, prefers_table, symbol_lstm

RecurrentKind = Literal["elman_rnn", "lstm", "gru"]

State = tuple[Float[Tensor, "layer batch hidden_dim"], ...]
"""h of every layer; for the LSTM, c after it."""

DEFAULT_FORGET_BIAS = 1.0


@dataclass(frozen=True)
class Recurrence:
    """Which recurrence, how it starts, and what training does to it."""

    kind: RecurrentKind
    dropout: float = 0.0
    """Probability with which a number that leaves a layer is set to zero in training."""
    nonlinearity: Nonlinearity = "tanh"
    """Of the Elman network; the other kinds have their own."""
    layer_norm: bool = False
    """Whether what leaves a layer is normalised, before the dropout."""
    weight_drop: float = 0.0
    """Probability with which an entry of a hidden-to-hidden matrix is zero for a batch."""
    forget_bias: float = DEFAULT_FORGET_BIAS
    """What the bias of an LSTM's forget gate starts from."""


class FusedLayers(nn.Module):
    """Layers on top of each other, from any state on; between them dropout.

    * `elman_rnn`: h_t = f(W x_t + U h_{t-1} + b), one bias (Elman 1990).
    * `lstm`: Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).
    * `gru`: Cho et al. (2014), the variant of torch and cuDNN that resets after the product.

    Weight drop (Merity, Keskar & Socher 2018; DropConnect, Wan et al. 2013) zeroes entries of every
    U, with the others scaled by 1 / (1 - p): one mask for all steps of a batch, so that the kernel
    stays fused, and none in evaluation.
    """

    def __init__(
        self, recurrence: Recurrence, input_dim: int, hidden_dim: int, n_layers: int
    ) -> None:
        super().__init__()
        between = recurrence.dropout if n_layers > 1 else 0.0
        self.layers = _layers(recurrence, input_dim, hidden_dim, n_layers, between)
        self.weight_drop = recurrence.weight_drop
        _initialise(self.layers, recurrence.forget_bias)

    def forward(
        self, steps: Float[Tensor, "batch time dim"] | Symbols, state: State | None
    ) -> tuple[Float[Tensor, "batch time hidden_dim"], State]:
        """Return the states of the top layer, and the state of all layers after the last step."""
        layers = self.layers
        if isinstance(steps, Symbols):
            if isinstance(layers, nn.LSTM) and prefers_table(steps, layers.hidden_size):
                return self._over_symbols(layers, steps, state)
            steps = steps.vectors()
        if self.weight_drop and self.training:
            start = self._zeros(steps) if state is None else state
            return _run(layers, steps, start, self._weights())
        if isinstance(layers, nn.LSTM):
            outputs, final = layers(steps, state)
            return outputs, final
        outputs, hidden = layers(steps, None if state is None else state[0])
        return outputs, (hidden,)

    def flops_per_step(self) -> float:
        """Return the floating-point operations of the products of one step."""
        named = self.layers.named_parameters()
        return 2.0 * sum(weight.numel() for name, weight in named if name.startswith("weight"))

    def _over_symbols(
        self, layers: nn.LSTM, symbols: Symbols, state: State | None
    ) -> tuple[Tensor, State]:
        """Run the first layer from a table, and the kernel over the rest."""
        weights = self._weights()
        hidden, cell = self._zeros(symbols.tokens) if state is None else state
        outputs, (last_hidden, last_cell) = symbol_lstm(
            symbols, weights[0], weights[1], weights[2] + weights[3], (hidden[0], cell[0])
        )
        finals: State = (last_hidden[None], last_cell[None])
        if layers.num_layers == 1:
            return outputs, finals
        outputs = functional.dropout(outputs, layers.dropout, self.training)
        rest = layers.num_layers - 1
        above = _run(layers, outputs, (hidden[1:], cell[1:]), weights[-4 * rest :], rest)
        return above[0], tuple(torch.cat(parts) for parts in zip(finals, above[1], strict=True))

    def _zeros(self, steps: Tensor) -> State:
        shape = (self.layers.num_layers, len(steps), self.layers.hidden_size)
        parts = 2 if isinstance(self.layers, nn.LSTM) else 1
        weight = self.layers.get_parameter("weight_hh_l0")
        return tuple(weight.new_zeros(shape) for _ in range(parts))

    def _weights(self) -> list[Tensor]:
        """Return what the kernel computes with: in training, hidden-to-hidden entries dropped."""
        dropped = self.weight_drop if self.training else 0.0
        # The order of `named_parameters` is the one in which the kernels take them.
        return [
            functional.dropout(weight, dropped) if dropped and "weight_hh" in name else weight
            for name, weight in self.layers.named_parameters()
        ]


def _run(
    layers: nn.RNN | nn.LSTM | nn.GRU,
    steps: Tensor,
    state: State,
    weights: list[Tensor],
    n_layers: int | None = None,
) -> tuple[Tensor, State]:
    """Run the kernel of `layers` with other weights than its own, or with those of some layers."""
    depth = layers.num_layers if n_layers is None else n_layers
    settings = (True, depth, layers.dropout, layers.training, False, True)
    if isinstance(layers, nn.LSTM):
        outputs, hidden, cell = torch.lstm(steps, state, weights, *settings)
        return outputs, (hidden, cell)
    if isinstance(layers, nn.GRU):
        kernel = torch.gru
    else:
        kernel = torch.rnn_tanh if layers.nonlinearity == "tanh" else torch.rnn_relu
    outputs, hidden = kernel(steps, state[0], weights, *settings)
    return outputs, (hidden,)


def _layers(
    recurrence: Recurrence, input_dim: int, hidden_dim: int, n_layers: int, dropout: float
) -> nn.RNN | nn.LSTM | nn.GRU:
    match recurrence.kind:
        case "elman_rnn":
            return nn.RNN(
                input_dim,
                hidden_dim,
                n_layers,
                nonlinearity=recurrence.nonlinearity,
                batch_first=True,
                dropout=dropout,
            )
        case "lstm":
            return nn.LSTM(input_dim, hidden_dim, n_layers, batch_first=True, dropout=dropout)
        case "gru":
            return nn.GRU(input_dim, hidden_dim, n_layers, batch_first=True, dropout=dropout)
        case _:
            assert_never(recurrence.kind)


def _initialise(layers: nn.RNN | nn.LSTM | nn.GRU, forget_bias: float) -> None:
    """Draw each gate: recurrent weights orthogonal (Saxe et al. 2014), input weights Glorot."""
    for name, parameter in layers.named_parameters():
        for gate in torch.split(parameter.detach(), layers.hidden_size):
            if name.startswith("weight_hh"):
                nn.init.orthogonal_(gate)
            elif name.startswith("weight_ih"):
                nn.init.xavier_uniform_(gate)
            else:
                nn.init.zeros_(gate)
        if name.startswith("bias_hh") and not isinstance(layers, nn.GRU):
            # torch keeps two biases that only ever add; one of them stays zero. The GRU's differ:
            # its reset gate acts on the second.
            parameter.requires_grad_(False)
        if name.startswith("bias_ih") and isinstance(layers, nn.LSTM):
            # Forget gates start open (Jozefowicz et al. 2015); torch's order is i, f, g, o.
            nn.init.constant_(torch.split(parameter.detach(), layers.hidden_size)[1], forget_bias)
