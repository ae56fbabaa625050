"""The Elman recurrence, written out: what the fused kernel computes."""

from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor

Nonlinearity = Literal["tanh", "relu"]


def elman_recurrence(
    inputs: Float[Tensor, "batch time input_dim"],
    input_weight: Float[Tensor, "hidden_dim input_dim"],
    recurrent_weight: Float[Tensor, "hidden_dim hidden_dim"],
    bias: Float[Tensor, "hidden_dim"],
    nonlinearity: Nonlinearity = "tanh",
) -> Float[Tensor, "batch time hidden_dim"]:
    """Return h_1, ..., h_T of h_t = f(W x_t + U h_{t-1} + b), h_0 = 0, f being tanh or relu.

    Elman (1990); with relu, Le, Jaitly & Hinton (2015). This is the definition, one step after the
    other; `Recurrent` runs it as a fused kernel, and a test holds the two together.
    """
    squash = torch.tanh if nonlinearity == "tanh" else torch.relu
    state = inputs.new_zeros(len(inputs), len(bias))
    states = []
    for step in (inputs @ input_weight.T + bias).unbind(dim=1):
        state = squash(step + state @ recurrent_weight.T)
        states.append(state)
    return torch.stack(states, dim=1)
