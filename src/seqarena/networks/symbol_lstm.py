"""An LSTM layer over symbols: W x + b is looked up in a table, not computed at every step."""

from typing import Any, NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

LEAST_WIDTH = 128
LEAST_PRODUCT = 128 * 128 * 64
"""Numbers in a state from which the table is the faster way, and multiplications of a gate in a
step (batch · hidden_dim²): below, torch spends more on starting its operations than the product
costs (`benchmarks/recurrent.py`)."""

States = tuple[Float[Tensor, "batch hidden_dim"], Float[Tensor, "batch hidden_dim"]]
"""h and c of one layer."""


class Symbols(NamedTuple):
    """Symbols, and the vector of each: what a layer may read in place of vectors."""

    tokens: Int[Tensor, "batch time"]
    embedding: Float[Tensor, "symbols dim"]

    def vectors(self) -> Float[Tensor, "batch time dim"]:
        """Return the vector of each symbol."""
        return functional.embedding(self.tokens, self.embedding)


def prefers_table(symbols: Symbols, hidden_dim: int) -> bool:
    """Tell whether the table is the faster way: few symbols, many steps, wide states, on a CPU.

    What it gains it gains in the backward pass: without gradients torch's kernel is the faster way.
    It is also left to autocast, and to a compiler that traces the network.
    """
    tokens = symbols.tokens
    return (
        torch.is_grad_enabled()
        and tokens.device.type == "cpu"
        and 2 * len(symbols.embedding) <= tokens.numel()
        and hidden_dim >= LEAST_WIDTH
        and len(tokens) * hidden_dim**2 >= LEAST_PRODUCT
        and not torch.is_autocast_enabled("cpu")
        and not torch.compiler.is_compiling()
    )


def symbol_lstm(
    symbols: Symbols,
    input_weight: Float[Tensor, "gates_dim dim"],
    recurrent_weight: Float[Tensor, "gates_dim hidden_dim"],
    bias: Float[Tensor, "gates_dim"],
    state: States,
) -> tuple[Float[Tensor, "batch time hidden_dim"], States]:
    """Return h of every step and the last h and c: those of `lstm_recurrence`, from any state on.

    W x + b takes as many values as there are symbols. They are computed once per batch, so that a
    step costs the product with h alone: of a layer as wide as its input, half of the work. Takes
    the memory of torch's kernel: 4 gates, h, c and tanh c for each step.
    """
    table = functional.linear(symbols.embedding, input_weight, bias)
    run: Any = _Recursion.apply
    outputs, cell = run(table, symbols.tokens.T.contiguous(), recurrent_weight, *state)
    return outputs.transpose(0, 1), (outputs[-1], cell)


class _Recursion(torch.autograd.Function):
    """The LSTM from the table on. By hand, because autograd would copy each step's gates."""

    @staticmethod
    def forward(
        ctx: Any, table: Tensor, tokens: Tensor, recurrent_weight: Tensor, h_0: Tensor, c_0: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return h of every step (time first), and the last c."""
        gates = functional.embedding(tokens, table)
        states = gates.new_empty(3, len(gates) + 1, *h_0.shape)
        hidden, cell, squashed = states
        hidden[0], cell[0] = h_0, c_0
        weight = recurrent_weight.T.contiguous()
        for gate, (i, f, g, o, i_and_f), h, h_next, c, c_next, tanh_c in zip(
            gates,
            _parts(gates),
            hidden[:-1],
            hidden[1:],
            cell[:-1],
            cell[1:],
            squashed[:-1],
            strict=True,
        ):
            torch.addmm(gate, h, weight, out=gate)
            i_and_f.sigmoid_()
            g.tanh_()
            o.sigmoid_()
            torch.mul(f, c, out=c_next).addcmul_(i, g)
            torch.mul(o, torch.tanh(c_next, out=tanh_c), out=h_next)
        ctx.save_for_backward(tokens, recurrent_weight, gates, states)
        ctx.n_symbols = len(table)
        return hidden[1:], cell[-1]

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients by the table, the recurrent weight, h_0 and c_0."""
        tokens, recurrent_weight, gates, (hidden, cell, squashed) = ctx.saved_tensors
        by_output, by_cell = grads
        by_gates = torch.empty_like(gates)
        by_h, by_c, scratch = torch.zeros_like(by_cell), by_cell.clone(), torch.empty_like(by_cell)
        steps = zip(
            by_gates,
            _parts(by_gates),
            _parts(gates),
            by_output,
            cell[:-1],
            squashed[:-1],
            strict=True,
        )
        for by_gate, by_parts, (i, f, g, o, i_and_f), from_above, c, tanh_c in reversed(
            list(steps)
        ):
            by_i, by_f, by_g, by_o, by_i_and_f = by_parts
            by_h.add_(from_above)
            _by_sigmoid(torch.mul(by_h, tanh_c, out=by_o), o)
            by_c.add_(_by_tanh(torch.mul(by_h, o, out=scratch), tanh_c))
            torch.mul(by_c, g, out=by_i)
            torch.mul(by_c, c, out=by_f)
            _by_sigmoid(by_i_and_f, i_and_f)
            _by_tanh(torch.mul(by_c, i, out=by_g), g)
            by_c.mul_(f)
            torch.mm(by_gate, recurrent_weight, out=by_h)
        # One product over all steps, where autograd would add up one for each.
        by_weight = by_gates.flatten(0, 1).T @ hidden[:-1].flatten(0, 1)
        by_table = torch.ops.aten.embedding_dense_backward(
            by_gates, tokens, ctx.n_symbols, -1, False
        )
        return by_table, None, by_weight, by_h, by_c


def _parts(gates: Tensor) -> list[tuple[Tensor, ...]]:
    """Return views of i, f, g, o, and of i and f together, of each step."""
    views = (*gates.chunk(4, dim=-1), gates.chunk(2, dim=-1)[0])
    return list(zip(*(view.unbind() for view in views), strict=True))


def _by_sigmoid(by_output: Tensor, output: Tensor) -> Tensor:
    """Overwrite the gradient by sigmoid(x) with the one by x."""
    torch.ops.aten.sigmoid_backward.grad_input(by_output, output, grad_input=by_output)
    return by_output


def _by_tanh(by_output: Tensor, output: Tensor) -> Tensor:
    """Overwrite the gradient by tanh(x) with the one by x."""
    torch.ops.aten.tanh_backward.grad_input(by_output, output, grad_input=by_output)
    return by_output
