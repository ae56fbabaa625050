"""The GRU recurrence, written out: what the fused kernel computes."""

import torch
from jaxtyping import Float
from torch import Tensor


def gru_recurrence(
    inputs: Float[Tensor, "batch time input_dim"],
    input_weight: Float[Tensor, "gates_dim input_dim"],
    recurrent_weight: Float[Tensor, "gates_dim hidden_dim"],
    input_bias: Float[Tensor, "gates_dim"],
    recurrent_bias: Float[Tensor, "gates_dim"],
) -> Float[Tensor, "batch time hidden_dim"]:
    """Return h_1, ..., h_T from h_0 = 0.

    r, z = sigmoid(W x_t + b + U h_{t-1} + b'), n = tanh(W x_t + b + r (U h_{t-1} + b')), each with
    its own rows of W, U, b and b', in torch's order r, z, n; then h_t = (1 - z) n + z h_{t-1}.
    Cho et al. (2014), in the variant of torch and cuDNN, whose reset gate acts after the product.
    This is the definition; `Recurrent` runs it as a fused kernel, and a test holds both together.
    """
    hidden = inputs.new_zeros(len(inputs), recurrent_weight.shape[1])
    hiddens = []
    for step in (inputs @ input_weight.T + input_bias).unbind(dim=1):
        of_input = step.chunk(3, dim=-1)
        of_state = (hidden @ recurrent_weight.T + recurrent_bias).chunk(3, dim=-1)
        reset = (of_input[0] + of_state[0]).sigmoid()
        keep = (of_input[1] + of_state[1]).sigmoid()
        new = (of_input[2] + reset * of_state[2]).tanh()
        hidden = (1 - keep) * new + keep * hidden
        hiddens.append(hidden)
    return torch.stack(hiddens, dim=1)
