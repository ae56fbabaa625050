"""Elman RNN, LSTM and GRU in one direction, over the fused kernels of torch."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn

from seqarena.attention.attend import Weights
from seqarena.networks.encoder import Encoder
from seqarena.networks.fused_layers import FusedLayers, Recurrence, State
from seqarena.networks.symbol_lstm import Symbols


class Recurrent(Encoder):
    """A stack of recurrent layers from h_0 = 0, with dropout on what leaves each layer.

    With `layer_norm`, the vector that leaves a layer is normalised on its way to the next layer or
    out (Ba, Kiros & Hinton 2016, eq. 3), and then dropped. The state that the layer hands on to
    itself is not: inside the recurrence no fused kernel could run.

    Sequences are never packed: padding stands on the right, so that a causal recurrence reaches it
    only after the last real step, and packing is several times slower than padding.
    """

    def __init__(
        self, recurrence: Recurrence, input_dim: int, hidden_dim: int, n_layers: int
    ) -> None:
        super().__init__()
        # Where nothing stands between the layers but dropout, one kernel runs them all.
        depth = 1 if recurrence.layer_norm else n_layers
        widths = [input_dim, *(n_layers // depth - 1) * [hidden_dim]]
        self.stack = nn.ModuleList(
            FusedLayers(recurrence, width, hidden_dim, depth) for width in widths
        )
        self.norms = nn.ModuleList(output_norm(recurrence, hidden_dim) for _ in widths)
        self.dropout = nn.Dropout(recurrence.dropout)
        self.out_dim = hidden_dim
        self.n_layers = n_layers
        self.n_states = n_layers * (2 if recurrence.kind == "lstm" else 1)

    def forward(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> Float[Tensor, "batch time out_dim"]:
        """Return what leaves the top layer. The mask is not needed."""
        del mask
        return self.run(steps)[0]

    def run(
        self, steps: Float[Tensor, "batch time dim"] | Symbols, state: State | None = None
    ) -> tuple[Float[Tensor, "batch time out_dim"], State]:
        """Return what leaves the top layer from `state` on, and the state of all layers after.

        Symbols may be handed over in place of their vectors: an LSTM can be faster with them.
        """
        given, finals = steps, []
        for index, (layers, norm) in enumerate(zip(self.stack, self.norms, strict=True)):
            outputs, final = layers(given, self._part(state, index))
            given = outputs = self.dropout(norm(outputs))
            finals.append(final)
        if len(finals) == 1:
            return outputs, finals[0]
        return outputs, tuple(torch.cat(parts) for parts in zip(*finals, strict=True))

    def output_of(self, state: State) -> Float[Tensor, "batch out_dim"]:
        """Return what leaves the top layer at the step that left `state`."""
        output: Tensor = self.dropout(self.norms[-1](state[0][-1]))
        return output

    def with_weights(
        self, steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"]
    ) -> tuple[Float[Tensor, "batch time out_dim"], list[Weights]]:
        """Return the states, and no weights: nothing looks at anything."""
        return self(steps, mask), []

    def flops(self, batch: int, time: int) -> float:
        """Estimate the floating-point operations of `forward`: its products."""
        return batch * time * flops_per_step(self.stack)

    def _part(self, state: State | None, index: int) -> tuple[Tensor, ...] | None:
        if state is None:
            return None
        depth = self.n_layers // len(self.stack)
        return tuple(part[index * depth : (index + 1) * depth].contiguous() for part in state)


def last_real(
    steps: Float[Tensor, "batch time dim"], mask: Bool[Tensor, "batch time"], backward_dim: int = 0
) -> Float[Tensor, "batch dim"]:
    """Return the step of each sequence at which a recurrence has seen all of it.

    That is the last step that is not padding; for the last `backward_dim` numbers, which a backward
    direction made, the first.
    """
    last = (mask.sum(dim=1) - 1).clamp_min(0)
    final = steps[torch.arange(len(steps), device=steps.device), last]
    if not backward_dim:
        return final
    return torch.cat([final[:, :-backward_dim], steps[:, 0, -backward_dim:]], dim=-1)


def output_norm(recurrence: Recurrence, dim: int) -> nn.Module:
    """Return what normalises the vector that leaves a layer."""
    return nn.LayerNorm(dim) if recurrence.layer_norm else nn.Identity()


def flops_per_step(stack: nn.ModuleList) -> float:
    """Return the operations of the products of one step, over all layers of a stack."""
    return sum(layers.flops_per_step() for layers in stack if isinstance(layers, FusedLayers))
