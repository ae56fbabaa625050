"""The LSTM recurrence, written out: what the fused kernel computes."""

import torch
from jaxtyping import Float
from torch import Tensor


def lstm_recurrence(
    inputs: Float[Tensor, "batch time input_dim"],
    input_weight: Float[Tensor, "gates_dim input_dim"],
    recurrent_weight: Float[Tensor, "gates_dim hidden_dim"],
    bias: Float[Tensor, "gates_dim"],
) -> tuple[Float[Tensor, "batch time hidden_dim"], Float[Tensor, "batch time hidden_dim"]]:
    """Return h_1, ..., h_T and c_1, ..., c_T from h_0 = c_0 = 0.

    i, f, o = sigmoid(W x_t + U h_{t-1} + b) and g = tanh(W x_t + U h_{t-1} + b), each with its own
    rows of W, U and b, in torch's order i, f, g, o; then c_t = f c_{t-1} + i g, h_t = o tanh(c_t).
    Hochreiter & Schmidhuber (1997), with the forget gate of Gers, Schmidhuber & Cummins (2000).
    This is the definition; `Recurrent` runs it as a fused kernel, and a test holds both together.
    """
    hidden = cell = inputs.new_zeros(len(inputs), recurrent_weight.shape[1])
    hiddens, cells = [], []
    for step in (inputs @ input_weight.T + bias).unbind(dim=1):
        i, f, g, o = (step + hidden @ recurrent_weight.T).chunk(4, dim=-1)
        cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
        hidden = o.sigmoid() * cell.tanh()
        hiddens.append(hidden)
        cells.append(cell)
    return torch.stack(hiddens, dim=1), torch.stack(cells, dim=1)
