"""Elman RNN, LSTM and GRU over the fused kernels of torch."""

from typing import Literal, assert_never

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.networks.encoder import Encoder

RecurrentKind = Literal["elman_rnn", "lstm", "gru"]

State = tuple[Float[Tensor, "layer batch hidden_dim"], ...]
"""h of every layer; for the LSTM, c after it."""


class Recurrent(Encoder):
    """A stack of recurrent layers from h_0 = 0, with dropout on what leaves each layer.

    * `elman_rnn`: h_t = tanh(W x_t + U h_{t-1} + b), one bias (Elman 1990).
    * `lstm`: Hochreiter & Schmidhuber (1997) with the forget gate of Gers et al. (2000).
    * `gru`: Cho et al. (2014), the variant of torch and cuDNN that resets after the product.

    Sequences are never packed: padding stands on the right, so that a causal recurrence reaches it
    only after the last real step, and packing is several times slower than padding.
    """

    def __init__(
        self, kind: RecurrentKind, input_dim: int, hidden_dim: int, n_layers: int, dropout: float
    ) -> None:
        super().__init__()
        between = dropout if n_layers > 1 else 0.0
        self.layers = _layers(kind)(
            input_dim, hidden_dim, n_layers, batch_first=True, dropout=between
        )
        self.dropout = nn.Dropout(dropout)
        self.out_dim = hidden_dim
        self.n_layers = n_layers
        self.n_states = n_layers * (2 if kind == "lstm" else 1)
        _initialise(self.layers)

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return the states of the top layer. The mask is not needed."""
        del mask
        return self.run(steps)[0]

    def run(
        self, steps: Float[Tensor, "batch time dim"], state: State | None = None
    ) -> tuple[Float[Tensor, "batch time out_dim"], State]:
        """Return the states of the top layer from `state` on, and the state of all layers after."""
        if isinstance(self.layers, nn.LSTM):
            outputs, final = self.layers(steps, state)
            return self.dropout(outputs), final
        outputs, hidden = self.layers(steps, None if state is None else state[0])
        return self.dropout(outputs), (hidden,)

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the states, and no weights: nothing looks at anything."""
        return self(steps, mask), []

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`: its products."""
        products = sum(
            weight.numel() for name, weight in self.layers.named_parameters() if "weight" in name
        )
        return 2.0 * batch * time * products


def last_real(
    steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
) -> Float[Tensor, "batch dim"]:
    """Return the last step of each sequence that is not padding."""
    last = (mask.sum(dim=1) - 1).clamp_min(0)
    return steps[torch.arange(len(steps), device=steps.device), last]


def _layers(kind: RecurrentKind) -> type[nn.RNN] | type[nn.LSTM] | type[nn.GRU]:
    match kind:
        case "elman_rnn":
            return nn.RNN
        case "lstm":
            return nn.LSTM
        case "gru":
            return nn.GRU
        case _:
            assert_never(kind)


def _initialise(layers: nn.RNN | nn.LSTM | nn.GRU) -> None:
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
            nn.init.ones_(torch.split(parameter.detach(), layers.hidden_size)[1])
